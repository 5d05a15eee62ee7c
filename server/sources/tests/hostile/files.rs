//! CSV files.

use std::io::Write as _;

use serde_json::json;

use super::*;

async fn csv(bytes: &[u8], options: Value) -> Read {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.csv"), bytes).unwrap();
    read("csv", "x.csv", options, folder.path(), Begin::default()).await
}

#[tokio::test]
async fn a_nul_in_a_row_is_a_letter_and_a_file_of_them_is_no_text() {
    let mut text = b"title,artist\none,A\nt\0wo,B\n".to_vec();
    text.extend((0..50).flat_map(|n| format!("song {n},C\n").into_bytes()));
    let (titles, errors, _) = csv(&text, json!({})).await.unwrap();
    assert_eq!((titles.len(), errors), (52, vec![]));
    assert_eq!(titles[1], "t\0wo", "what stores it replaces it");
    let refused = csv(&[b"title,a\n".as_slice(), &[0; 500]].concat(), json!({})).await;
    assert_eq!(refused.unwrap_err().code, "not_text");
}

#[tokio::test]
async fn ends_of_lines_may_differ_and_nothing_is_lost_between_them() {
    let text = b"title,artist\r\none,A\rtwo,B\nthree,C,D\r\rfour,E\r\n\"fi\rve\",F\n";
    let (titles, errors, _) = csv(text, json!({})).await.unwrap();
    assert_eq!(titles, ["one", "two", "four", "fi\rve"]);
    assert_eq!(errors, [("too_many_fields", "line 4".to_owned())]);
    // an end that lies across what is read at once
    let mut text = b"title\r\n".to_vec();
    let row = format!("{}\r\n", "x".repeat(253));
    for _ in 0..3_000 {
        text.extend(row.as_bytes());
    }
    let (titles, errors, _) = csv(&text, json!({})).await.unwrap();
    assert_eq!((titles.len(), errors.len()), (3_000, 0));
}

#[tokio::test]
async fn files_that_were_put_together_have_marks_in_the_middle() {
    let text = "\u{feff}title,artist\none,A\n\u{feff}two,B\n\u{feff}\"three, and more\",C\n";
    let (titles, errors, _) = csv(text.as_bytes(), json!({})).await.unwrap();
    assert_eq!(
        (titles, errors),
        (vec!["one".into(), "two".into(), "three, and more".into()], vec![])
    );
}

#[tokio::test]
async fn ten_thousand_columns_are_read_and_more_are_refused() {
    let wide = |columns: usize| {
        let mut header: Vec<String> = (0..columns).map(|n| format!("c{n}")).collect();
        header[columns - 1] = "title".into();
        let row: Vec<String> = (0..columns).map(|n| n.to_string()).collect();
        format!("{}\n{}\nshort\n", header.join(","), row.join(","))
    };
    let options = || json!({"columnMapping": {"title": "title"}});
    let (titles, errors, _) = csv(wide(10_000).as_bytes(), options()).await.unwrap();
    assert_eq!(titles, ["9999"]);
    assert_eq!(errors, [("too_few_fields", "line 3".to_owned())]);
    let many = format!("title\n{}\ntwo\n", ",".repeat(40_000));
    let (titles, errors, _) = csv(many.as_bytes(), json!({})).await.unwrap();
    assert_eq!(
        (titles, errors),
        (vec!["two".into()], vec![("too_many_fields", "line 2".to_owned())])
    );
}

#[tokio::test]
async fn a_header_that_names_a_column_twice_is_read_and_told() {
    let (titles, errors, end) = csv(b"title,x,title\none,1,uno\n", json!({})).await.unwrap();
    assert_eq!((titles, errors.len()), (vec!["one".to_owned()], 0));
    assert!(end.is_complete && end.warnings.len() == 1, "{end:?}");
    assert!(
        end.warnings[0].contains("\"title\"") && end.warnings[0].contains("column 1"),
        "{end:?}"
    );
    let by_number = json!({"columnMapping": {"title": 2}});
    let (titles, _, end) = csv(b"title,x,title\none,1,uno\n", by_number).await.unwrap();
    assert_eq!((titles, end.warnings.len()), (vec!["uno".to_owned()], 0));
}

#[tokio::test]
async fn quotes_that_do_not_fit_cost_their_own_lines() {
    let text = b"title,artist\n\"a\"b,1\nc\"d,2\n\"\"\"e\"\"\",3\n\"f,4\ng,5\n\"\",6\n";
    let (titles, errors, _) = csv(text, json!({"columnMapping": {"title": "title"}}))
        .await
        .unwrap();
    assert_eq!(titles, ["ab", "c\"d", "\"e\"", "g", ""]);
    assert_eq!(errors, [("unclosed_quote", "line 5".to_owned())]);
}

#[tokio::test]
async fn a_line_of_a_hundred_megabytes_costs_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(folder.path().join("x.csv")).unwrap();
    file.write_all(b"title,artist\none,A\n").unwrap();
    let part = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&part).unwrap();
    }
    file.write_all(b",B\n\"").unwrap();
    for _ in 0..20 {
        file.write_all(&part).unwrap();
    }
    file.write_all(b"\ntwo,C\n").unwrap();
    drop(file);
    let (titles, errors, _) = read("csv", "x.csv", json!({}), folder.path(), Begin::default())
        .await
        .unwrap();
    assert_eq!(titles, ["one", "two"]);
    let long = |line| ("row_too_long", format!("line {line}"));
    assert_eq!(errors, [long(3), long(4)]);
}
