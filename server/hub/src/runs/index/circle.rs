//! Whether a change makes files depend on each other in a circle: what they say then depends on all of
//! them together, and on where one begins.

use std::collections::BTreeSet;

use metasync_analysis::{Footprint, Part};
use metasync_store::{FileFootprint, NameSide};
use uuid::Uuid;

use super::{
    super::context::Failure,
    closure::{Closure, Names},
};

/// Files that are looked at to see that nothing needs itself.
const MOST_UPSTREAM: usize = 5_000;

impl Closure<'_> {
    /// Whether a file whose names changed now depends on itself.
    pub(super) async fn closes_circle(&self, part: &Part) -> Result<bool, Failure> {
        let empty = FileFootprint::default();
        for path in &self.owned {
            let Some(now) = part.footprints.get(path) else {
                continue;
            };
            let before = self.before.get(path).unwrap_or(&empty);
            if now.needs.is_subset(&before.needs) && now.provides.is_subset(&before.provides) {
                continue;
            }
            if self.reaches_itself(path, now, part).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn reaches_itself(&self, path: &str, now: &Footprint, part: &Part) -> Result<bool, Failure> {
        let ours = |names: &Names, side: fn(&Footprint) -> &Names| -> BTreeSet<String> {
            let files = self.owned.iter().filter(|other| other.as_str() != path);
            files
                .filter(|other| {
                    part.footprints
                        .get(*other)
                        .is_some_and(|f| !side(f).is_disjoint(names))
                })
                .cloned()
                .collect()
        };
        // Nobody needs it: it stands at the end of every chain.
        if ours(&now.provides, |f| &f.needs).is_empty()
            && self.others(NameSide::Needs, &now.provides).await?.is_empty()
        {
            return Ok(false);
        }
        let context = self.branch.context;
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut names: Names = now.needs.difference(&now.provides).cloned().collect();
        loop {
            let mut next: Names = Names::new();
            let near: Vec<String> = ours(&names, |f| &f.provides)
                .into_iter()
                .filter(|p| !seen.contains(p))
                .collect();
            for other in near {
                next.extend(
                    part.footprints
                        .get(&other)
                        .iter()
                        .flat_map(|f| f.needs.iter().cloned()),
                );
                seen.insert(other);
            }
            let far = self.others(NameSide::Provides, &names).await?;
            let far: Vec<_> = far.into_iter().filter(|(_, path)| !seen.contains(path)).collect();
            let ids: Vec<Uuid> = far.iter().map(|(id, _)| *id).collect();
            let footprints = context.runs.store.footprints(context.run.org, &ids).await?;
            next.extend(footprints.into_values().flat_map(|f| f.needs));
            seen.extend(far.into_iter().map(|(_, path)| path));
            if !next.is_disjoint(&now.provides) || seen.len() > MOST_UPSTREAM {
                return Ok(true);
            }
            if next.is_empty() {
                return Ok(false);
            }
            names = next;
        }
    }
}
