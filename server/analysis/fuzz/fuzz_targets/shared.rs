//! What every target asks of a text.

use metasync_analysis::{
    Language, Memo, Options, SourceFile, analyze, analyze_with, check, completion_at, outline, symbol_at,
};

/// Analyses the files, twice with a memo, and asks about places of the last one.
pub fn ask(files: &[(&str, &str)]) {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    let options = Options::default();
    let facts = analyze(&files, &options);
    assert!(
        facts
            .problems
            .iter()
            .all(|problem| !problem.message.contains("failed inside"))
    );
    let mut memo = Memo::default();
    assert!(facts == analyze_with(&mut memo, &files, &options));
    assert!(facts == analyze_with(&mut memo, &files, &options));
    let Some(file) = files.last() else { return };
    let language = Language::of_path(&file.path);
    let _ = outline(language, &file.path, &file.text, &options);
    let _ = check(language, &file.path, &file.text, &options);
    let step = (file.text.len() / 7).max(1);
    for offset in (0..=file.text.len()).step_by(step) {
        let _ = symbol_at(language, &file.path, &file.text, offset, &options);
        let _ = completion_at(language, &file.path, &file.text, offset, &options);
    }
}
