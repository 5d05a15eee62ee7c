//! Entries in the editor: over texts and names that equal them, in searches, and between quotes.

use metasync_tests::Editor;

use super::*;

const QUERY: &str = "select * from plays\nwhere title = 'Bohemian Rhapsody' and sku = 'SKU-7'\n";

#[test]
fn entries_show_over_texts_and_are_offered_between_quotes() {
    let files = [
        ("queries/plays.sql", QUERY),
        ("app/player.ts", "play(\"Imagine\"); const Imagine = 1;\n"),
    ];
    let place = Place::new("clone", &files);
    let world = World::at(place, &[]);
    world.file(
        "music.csv",
        "id,title,artist,genre,album\nSKU-7,Bohemian Rhapsody,Queen,Rock,A Night at the Opera\n\
         SKU-8,Imagine,John Lennon,Rock,Imagine\n",
    );
    let columns = json!({"title": "title", "artist": "artist", "genre": "genre", "external_id": "id", "album": "album"});
    world.sync(
        "csv",
        "music.csv",
        json!({"contentType": "music", "columnMapping": columns}),
    );
    let mut options = world.hub.options("ada");
    options["connections"] = json!(["music.csv"]);
    options["content"] = json!({"completion": true});
    let mut editor = Editor::open(&world.place, options);
    editor.show("queries/plays.sql");
    let hover = editor.hover_until("queries/plays.sql", "Rhapsody", "Queen");
    for part in [
        "Bohemian Rhapsody",
        "music",
        "Rock",
        "SKU-7",
        "A Night at the Opera",
        "music.csv",
    ] {
        assert!(hover.contains(part), "{part}: {hover}");
    }
    assert!(
        editor
            .hover("queries/plays.sql", "SKU-7")
            .contains("Bohemian Rhapsody")
    );
    editor.show("app/player.ts");
    assert!(
        editor.hover("app/player.ts", "Imagine\"").contains("John Lennon"),
        "a text in another language"
    );
    assert!(
        editor.hover("app/player.ts", "Imagine =").contains("John Lennon"),
        "a name"
    );
    let found = editor.command("metasync.search", json!(["queen"]));
    assert_eq!(found["results"][0]["name"], "Bohemian Rhapsody", "{found}");
    editor.retype("queries/plays.sql", "select * from plays where title = 'Boh'\n");
    let mut at = editor.at("queries/plays.sql", "Boh");
    at["position"]["character"] = json!(at["position"]["character"].as_u64().unwrap() + 3);
    let offered = editor.request("textDocument/completion", at);
    let items = offered["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        items.first().map(|i| &i["label"]),
        Some(&json!("Bohemian Rhapsody")),
        "{offered}"
    );
}
