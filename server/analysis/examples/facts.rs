//! Prints what the analysis finds in a folder: `facts FOLDER [--time]`.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::path::Path;

use metasync_analysis::{Options, SourceFile, analyze};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap_or_else(|| ".".to_owned());
    let mut files = Vec::new();
    collect(Path::new(&root), Path::new(&root), &mut files);
    let start = std::time::Instant::now();
    let facts = analyze(&files, &Options::default());
    let columns: usize = facts.objects.iter().map(|object| object.columns.len()).sum();
    let edges: usize = facts.objects.iter().map(|object| object.lineage.len()).sum();
    if arguments.next().is_none() {
        println!("{facts:#?}");
    }
    println!(
        "{} files, {} objects, {columns} columns, {edges} edges, {} problems in {:?}",
        files.len(),
        facts.objects.len(),
        facts.problems.len(),
        start.elapsed()
    );
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let (Ok(text), Ok(path)) = (std::fs::read_to_string(&path), path.strip_prefix(root)) {
            files.push(SourceFile {
                path: path.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
}
