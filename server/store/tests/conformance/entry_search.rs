//! Finding entries by their words.

use jiff::Timestamp;
use metasync_protocol::{Compact, bundle};
use metasync_store::{Entry, EntryBatch, EntryFields, EntryQuery, EntrySource, EntryTable, EntryWalk, Store};

use crate::{
    entries::{World, at, begin, finish, put, song, source, titles},
    support::{ORG, open},
};

/// A song of this title and artist.
fn titled(source: &EntrySource, n: usize, title: &str, artist: &str) -> Entry {
    let mut entry = song(source, n, "Pop");
    title.clone_into(&mut entry.object.name);
    entry.object.row_hash = bundle::compact_hash(&entry.object, &Compact::default());
    if let EntryFields::Content(fields) = &mut entry.fields {
        title.clone_into(&mut fields.title);
        fields.artist = Some(artist.into());
    }
    entry
}

async fn put_entries(store: &Store, world: &World, at: Timestamp, entries: Vec<Entry>) {
    let batch = EntryBatch {
        entries,
        ..EntryBatch::default()
    };
    store
        .entries_commit(&world.run, &world.source, at, &batch)
        .await
        .unwrap();
}

async fn find(store: &Store, words: &str) -> Vec<String> {
    let query = EntryQuery {
        words: words.into(),
        available: Some(true),
        ..EntryQuery::default()
    };
    titles(store, query).await
}

#[tokio::test]
async fn entries_are_found_by_words_of_any_case_and_nothing_is_a_pattern() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let world = begin(&store, &source).await;
    put(&store, &world, at(0), &[(1, "Pop"), (2, "100% Rock_n_Roll")]).await;
    assert_eq!(find(&store, "CANCIÓN pop").await, ["Canción 1"]);
    assert_eq!(find(&store, "josé").await.len(), 2);
    assert_eq!(find(&store, "100%").await, ["Canción 2"]);
    assert_eq!(find(&store, "rock_n_").await, ["Canción 2"]);
    for nothing in [
        "can_ión",
        "\\",
        "%",
        "_",
        "*",
        "'; drop table x",
        "\"",
        "pop rock",
        "NEAR(",
        "pop OR x",
        "x*",
    ] {
        assert_eq!(find(&store, nothing).await, [""; 0], "{nothing}");
    }
    let kind = |kind: &str| EntryQuery {
        kind: Some(kind.into()),
        ..EntryQuery::default()
    };
    assert_eq!(titles(&store, kind("music")).await.len(), 2);
    assert_eq!(titles(&store, kind("video")).await.len(), 0);
    let both = EntryQuery {
        words: "canción".into(),
        ..kind("video")
    };
    assert_eq!(titles(&store, both).await.len(), 0);
}

#[tokio::test]
async fn the_best_entries_come_first_and_mistyped_words_find_what_they_look_like() {
    let store = open().await;
    let source = source(&store, "a.csv").await;
    let world = begin(&store, &source).await;
    let songs = [
        ("One More Time", "Daft Punk"),
        ("Onerous", "Nobody"),
        ("One", "Metallica"),
        ("Bohemian Rhapsody", "Queen"),
        ("Another One Bites the Dust", "Queen"),
    ];
    let entries = songs.iter().enumerate();
    let entries = entries.map(|(n, (title, artist))| titled(&source, n, title, artist));
    put_entries(&store, &world, at(0), entries.collect()).await;
    assert_eq!(
        find(&store, "one").await,
        ["One", "One More Time", "Another One Bites the Dust", "Onerous"]
    );
    assert_eq!(find(&store, "queen one").await, ["Another One Bites the Dust"]);
    assert_eq!(find(&store, "boh rha").await, ["Bohemian Rhapsody"]);
    assert_eq!(find(&store, "bohemain").await, ["Bohemian Rhapsody"], "swapped");
    assert_eq!(find(&store, "hemian").await, ["Bohemian Rhapsody"], "a part");
    assert_eq!(find(&store, "metalica").await, ["One"], "one letter is missing");
    assert_eq!(find(&store, "zzzzz").await, [""; 0]);

    // pages do not overlap, and together they are all
    let page = async |offset| {
        let query = EntryQuery {
            words: "one".into(),
            limit: 3,
            offset,
            ..EntryQuery::default()
        };
        let found = store
            .entries_find(ORG, EntryTable::Content, &query)
            .await
            .unwrap();
        (found.rows.len(), found.total)
    };
    assert_eq!(page(0).await, (3, 4));
    assert_eq!(page(3).await, (1, 4));
    assert_eq!(page(9).await, (0, 4));

    // what changes is found by its new words only, and what goes is found no more
    finish(&store, &world.run, "completed", false).await;
    let world = begin(&store, &source).await;
    put_entries(
        &store,
        &world,
        at(60),
        vec![titled(&source, 2, "Two", "Metallica")],
    )
    .await;
    assert_eq!(find(&store, "two").await, ["Two"]);
    assert_eq!(find(&store, "metallica one").await, [""; 0]);
    store
        .entries_sweep(&world.run, &source, at(60), &mut EntryWalk::default())
        .await
        .unwrap();
    assert_eq!(find(&store, "queen").await, [""; 0]);
    let gone = EntryQuery {
        words: "queen".into(),
        available: Some(false),
        ..EntryQuery::default()
    };
    assert_eq!(titles(&store, gone).await.len(), 2, "they can still be asked for");
    // as a hub does that finds entries of a version without an index: here they are added once more
    let mut rounds = 0;
    while store.entries_index_words(ORG).await.unwrap() {
        rounds += 1;
        assert!(rounds < 10, "it comes to an end");
    }
    assert_eq!(find(&store, "two").await, ["Two"]);
    assert_eq!(find(&store, "queen").await, [""; 0]);
    finish(&store, &world.run, "completed", false).await;
    let removed = store
        .entries_clean_up(ORG, EntryTable::Content, at(30))
        .await
        .unwrap();
    assert_eq!(removed.0, 4);
    assert_eq!(
        titles(
            &store,
            EntryQuery {
                words: "queen".into(),
                ..EntryQuery::default()
            }
        )
        .await,
        [""; 0]
    );
}
