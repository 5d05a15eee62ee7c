//! Facts by file, in the words of contract.md, "The program".

use std::{collections::BTreeMap, fmt};

use metasync_analysis::{Facts, Language, ObjectFact, Target};
use serde::Serialize;

use super::reading::Input;

/// The whole answer.
#[derive(Serialize)]
pub struct Report {
    /// By path.
    pub files: Vec<FileReport>,
}

/// One file.
#[derive(Serialize)]
pub struct FileReport {
    /// As the user would write it.
    pub path: String,
    language: &'static str,
    dialect: Option<&'static str>,
    problems: Vec<Problem>,
    objects: Vec<Object>,
    dependencies: Vec<Dependency>,
    columns_lineage: Vec<Lineage>,
}

#[derive(Serialize)]
struct Problem {
    line: u32,
    message: String,
}

#[derive(Serialize)]
struct Object {
    full_name: String,
    object_type: String,
    columns: Vec<Column>,
    line_start: Option<u32>,
    line_end: Option<u32>,
}

#[derive(Serialize)]
struct Column {
    name: String,
    data_type: Option<String>,
    description: Option<String>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    source: String,
    target: String,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Lineage {
    source_object: String,
    source_column: String,
    target_object: String,
    target_column: String,
}

/// One report for each file that is asked about.
pub fn reports(input: &Input, facts: &Facts) -> Vec<FileReport> {
    let mut files: BTreeMap<&str, FileReport> = BTreeMap::new();
    let texts = input.files.iter().map(|f| f.path.as_str());
    for path in texts
        .chain(input.unreadable.iter().map(|u| u.0.as_str()))
        .filter(|p| input.is_wanted(p))
    {
        let report = FileReport {
            path: input.shown(path),
            language: Language::of_path(path).as_str(),
            dialect: facts.dialects.get(path).map(|d| d.as_str()),
            problems: Vec::new(),
            objects: Vec::new(),
            dependencies: Vec::new(),
            columns_lineage: Vec::new(),
        };
        files.insert(path, report);
    }
    for (path, line, message) in &input.unreadable {
        if let Some(report) = files.get_mut(path.as_str()) {
            report.problems.push(Problem {
                line: *line,
                message: message.clone(),
            });
        }
    }
    for problem in &facts.problems {
        if let Some(report) = files.get_mut(problem.path.as_str()) {
            report.problems.push(Problem {
                line: problem.line,
                message: problem.message.clone(),
            });
        }
    }
    for object in &facts.objects {
        if let Some(report) = object.path.as_deref().and_then(|path| files.get_mut(path)) {
            add(report, object);
        }
    }
    for report in files.values_mut() {
        report.dependencies.sort();
        report.dependencies.dedup();
        report.columns_lineage.sort();
        report.columns_lineage.dedup();
    }
    files.into_values().collect()
}

fn add(report: &mut FileReport, object: &ObjectFact) {
    let name = name(&object.object_type, &object.full_name);
    report.objects.push(Object {
        full_name: name.clone(),
        object_type: object.object_type.clone(),
        columns: object
            .columns
            .iter()
            .map(|c| Column {
                name: c.name.clone(),
                data_type: c.data_type.clone(),
                description: c.description.clone(),
            })
            .collect(),
        line_start: object.line_start,
        line_end: object.line_end,
    });
    let dependencies = object.dependencies.iter();
    report.dependencies.extend(dependencies.map(|d| Dependency {
        source: name.clone(),
        target: target(&d.target),
    }));
    report
        .columns_lineage
        .extend(object.lineage.iter().map(|l| Lineage {
            source_object: target(&l.source),
            source_column: l.source_column.clone(),
            target_object: name.clone(),
            target_column: l.target_column.clone(),
        }));
}

fn target(target: &Target) -> String {
    match target {
        Target::Object {
            object_type,
            full_name,
        } => name(object_type, full_name),
        Target::Unknown { name } => name.clone(),
    }
}

/// dbt's objects are named as one writes them: a model by its name, a source's table with its
/// source; the project is left out. Everything else bears its full name.
fn name(object_type: &str, full_name: &str) -> String {
    let parts: Vec<&str> = full_name.split('.').collect();
    let kept = match object_type {
        "model" | "seed" | "snapshot" | "macro" | "exposure" => 1,
        "source" => 2,
        _ => parts.len(),
    };
    parts[parts.len().saturating_sub(kept)..].join(".")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, file) in self.files.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{} ({}", file.path, file.language)?;
            writeln!(
                f,
                "{})",
                file.dialect.map(|d| format!(", {d}")).unwrap_or_default()
            )?;
            for problem in &file.problems {
                writeln!(f, "  line {}: {}", problem.line, problem.message)?;
            }
            for object in &file.objects {
                let columns: Vec<&str> = object.columns.iter().map(|c| c.name.as_str()).collect();
                writeln!(
                    f,
                    "  {} {}: {}",
                    object.object_type,
                    object.full_name,
                    columns.join(", ")
                )?;
            }
            for d in &file.dependencies {
                writeln!(f, "  {} ← {}", d.source, d.target)?;
            }
            for l in &file.columns_lineage {
                writeln!(
                    f,
                    "    {}.{} → {}.{}",
                    l.source_object, l.source_column, l.target_object, l.target_column
                )?;
            }
        }
        Ok(())
    }
}
