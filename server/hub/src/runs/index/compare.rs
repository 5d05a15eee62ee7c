//! What was found, compared with the catalogue: what stays although it was not found, what is stored,
//! and when nothing is.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use metasync_analysis::{Facts, Language, Standing};
use metasync_protocol::{error::codes, repositories::JobResult};
use metasync_store::Footprints;

use super::{
    super::context::Failure,
    branch::IndexBranch,
    changes::Changes,
    difference::{Difference, Keep},
    found::Found,
    memory::{FailedFile, Memory},
    write::Writing,
};

impl IndexBranch<'_> {
    pub(super) async fn compare_and_store(
        &self,
        found: &Found<'_>,
        changes: &Changes<'_>,
        facts: Facts,
        footprints: Footprints,
        mut fresh: Memory,
        result: &mut JobResult,
    ) -> Result<(), Failure> {
        let rows = self.rows();
        let live_objects = self.live_objects().await?;
        let failures = found.failures(&facts);
        let with_facts: HashSet<_> = live_objects.iter().filter_map(|o| o.file_id).collect();
        let kept: BTreeSet<String> = failures
            .keys()
            .filter(|path| found.memory.had_good_facts(path) && with_facts.contains(&rows.file_id(path)))
            .cloned()
            .collect();
        found.count(&failures, changes, result);

        let changed_paths: HashSet<&str> = changes.changed.iter().map(|e| e.path.as_str()).collect();
        let had_rows = |path: &&str| found.known.file(path).is_some() && found.memory.had_good_facts(path);
        let impoverishing = failures
            .keys()
            .map(String::as_str)
            .any(|p| gives_to_others(p) && had_rows(&p));
        let unchanged_files = impoverishing.then(|| {
            let layout = found.layout();
            let unchanged = |path: &&str| {
                !changed_paths.contains(path)
                    && found.known.file(path).is_some()
                    && layout.standing(path) != Standing::Alone
            };
            found
                .paths()
                .filter(unchanged)
                .map(|path| rows.file_id(path))
                .collect()
        });
        let all_known: BTreeMap<_, _> = found.known_paths().map(|p| (rows.file_id(p), p)).collect();
        let unknown = |file: Option<uuid::Uuid>| match file.and_then(|f| all_known.get(&f)) {
            Some(path) => !found.listing.tells_absence_of(path),
            None => !found.listing.unknown.is_empty(),
        };
        let unreadable: HashSet<&str> = found.unreadable().collect();
        let objects = facts
            .objects
            .into_iter()
            // What only a placeholder says is worth nothing, unless it keeps something alive.
            .map(|fact| {
                (
                    fact.path.as_deref().is_some_and(|p| unreadable.contains(p)),
                    rows.object(fact),
                )
            })
            .filter(|(placeholder, (row, _))| !placeholder || live_objects.iter().any(|o| o.id == row.id))
            .map(|(_, object)| object)
            .collect();
        let keep = Keep {
            files: kept.iter().map(|path| rows.file_id(path)).collect(),
            unchanged_files,
            unknown: &unknown,
        };
        let difference = Difference::of(objects, &live_objects, &keep);
        if difference.is_suspicious() && !self.options.force {
            result.would_delete = Some(difference.deleted.len() as u64);
            result.objects += difference.before as u64;
            return Err(held_back(&difference));
        }
        fresh.failed = failures
            .into_iter()
            .map(|(path, errors)| {
                let failed = FailedFile {
                    hash: found.hash(&path),
                    kept: kept.contains(&path),
                    errors,
                };
                (path, failed)
            })
            .collect();
        // Too large or unreadable ones are found by every listing anew.
        fresh
            .failed
            .retain(|path, _| found.listing.entries.iter().any(|e| e.path == *path));
        fresh.objects = difference.after as u64;
        result.objects += fresh.objects;
        let writing = Writing {
            files: found.changed_rows(&rows),
            objects: difference.objects,
            deleted_files: changes.deleted.iter().map(|f| f.id).collect(),
            deleted_objects: difference.deleted,
            footprints,
            words: found.words(&rows),
            meanwhile: Some(
                Memory {
                    whole: false,
                    followed: false,
                    ..found.memory.clone()
                }
                .to_value(),
            ),
            ..Writing::default()
        };
        self.write(writing, &fresh).await
    }
}

/// Whether what a file says is about what others define.
pub(super) fn gives_to_others(path: &str) -> bool {
    matches!(Language::of_path(path), Language::Yaml | Language::Markdown)
}

pub(super) fn held_back(difference: &Difference) -> Failure {
    Failure::new(
        codes::HELD_BACK,
        format!(
            "this sync would delete {} of {} objects, so nothing was changed; look at the source, and sync with \
             \"force\": true if that is right",
            difference.deleted.len(),
            difference.before
        ),
    )
}
