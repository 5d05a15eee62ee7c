//! Files: catalogues, what vanishes, what is killed in between, who may.

use super::*;

fn mapped() -> Value {
    json!({
        "contentType": "music",
        "columnMapping": {"title": "song_name", "artist": "artist_name", "genre": "music_genre"},
    })
}

#[test]
fn a_large_file_that_is_killed_in_between_is_read_once() {
    let mut world = World::new(&[]);
    let rows: String = (0..60_000)
        .map(|n| format!("Song {n},A{},Pop\n", n % 9))
        .collect();
    world.file("large.csv", &format!("song_name,artist_name,music_genre\n{rows}"));
    let number = world.trigger("csv", "large.csv", mapped());
    eventually(PATIENCE, || (counts(&world.look(number))[0] > 0).then_some(())).expect("it gets on");
    world.hub.kill();
    world.hub.restart();
    let run = world.ended(number);
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [60_000, 0, 0]),
        "{run}"
    );
    let (_, found) = world.hub.ask("GET", "/v1/content?limit=1", "ada", None);
    assert_eq!(found["total"], 60_000);
    let (status, active) = {
        let body = json!({"sourceType": "csv", "sourceIdentifier": "large.csv", "options": mapped()});
        world.post("/v1/sync/trigger", body.clone());
        world.post("/v1/sync/trigger", body)
    };
    assert_eq!(status, 409, "{active}");
    assert!(active["syncRunId"].as_u64().unwrap() > number);
}

#[test]
fn prices_have_types_and_lines_that_are_wrong_are_told() {
    let world = World::new(&[]);
    world.file(
        "pricing.csv",
        "category_id,capacity,capacity_gb,price,content_count,content_unit,is_active,is_popular\n\
         music,8GB,8,54900,1400,canciones,true,false\nmusic,32GB,32,cheap,5000,canciones,true,true\n\
         music,64GB,64,119900,10000,canciones,true,false\n",
    );
    let run = world.sync(
        "csv",
        "pricing.csv",
        json!({"targetTable": "catalog_items", "hasHeader": true}),
    );
    assert_eq!(counts(&run), [2, 1, 0], "{run}");
    let error = &run["errors"][0];
    assert_eq!(
        (&error["type"], &error["line"]),
        (&json!("validation"), &json!(3)),
        "{error}"
    );
    let (_, found) = world.hub.ask("GET", "/v1/catalog", "ada", None);
    let first = &found["data"][0];
    assert_eq!(
        (&first["price"], &first["is_popular"]),
        (&json!(54_900), &json!(false)),
        "{found}"
    );
    assert_eq!(found["total"], 2);
}

#[test]
fn what_would_happen_is_told_and_nothing_is_stored() {
    let world = World::new(&[]);
    world.file(
        "a.jsonl",
        "{\"id\": 1, \"title\": \"One\"}\n{\"id\": 2}\n{\"id\": 3, \"title\": \"Three\"}\n",
    );
    let body = json!({"sourceType": "jsonl", "sourceIdentifier": "a.jsonl", "dryRun": true});
    let (status, told) = world.post("/v1/sync/trigger", body.clone());
    assert_eq!(status, 200, "{told}");
    let data = &told["data"];
    assert_eq!(
        (&data["wouldAdd"], &data["wouldFail"]),
        (&json!(2), &json!(1)),
        "{told}"
    );
    assert_eq!(
        (&data["sample"][0]["title"], &data["errors"][0]["line"]),
        (&json!("One"), &json!(2))
    );
    assert!(world.titles().is_empty());
    let (_, stats) = world.hub.ask("GET", "/v1/sync/stats", "ada", None);
    assert_eq!(stats["data"]["total"], 0);
    assert_eq!(counts(&world.sync("jsonl", "a.jsonl", json!({}))), [2, 1, 0]);
    world.file(
        "a.jsonl",
        "{\"id\": 1, \"title\": \"Uno\"}\n{\"id\": 3, \"title\": \"Three\"}\n",
    );
    let (_, told) = world.post("/v1/sync/trigger", body);
    let data = &told["data"];
    assert_eq!(
        (&data["wouldAdd"], &data["wouldUpdate"], &data["wouldRemove"]),
        (&json!(0), &json!(1), &json!(0))
    );
    let missing = json!({"sourceType": "csv", "sourceIdentifier": "no.csv", "dryRun": true});
    assert_eq!(world.post("/v1/sync/trigger", missing).0, 422);
}

#[test]
fn most_of_a_source_never_vanishes_unless_somebody_says_so() {
    let world = World::new(&[]);
    let file = |count: usize| {
        let rows: String = (0..count).map(|n| format!("Song {n},A,Pop\n")).collect();
        world.file("v.csv", &format!("song_name,artist_name,music_genre\n{rows}"));
    };
    file(10);
    world.sync("csv", "v.csv", mapped());
    file(3);
    let run = world.sync("csv", "v.csv", mapped());
    assert_eq!(
        (&run["status"], world.titles().len()),
        (&json!("failed"), 10),
        "{run}"
    );
    assert_eq!(run["errors"][0]["code"], "held_back");
    let mut forced = mapped();
    forced["force"] = json!(true);
    let run = world.sync("csv", "v.csv", forced);
    assert_eq!(
        (&run["status"], world.titles().len()),
        (&json!("completed"), 3),
        "{run}"
    );
    assert_eq!(world.content("&available=false").len(), 7);
}

#[test]
fn members_read_and_others_are_told_what_is_wrong() {
    let world = World::new(&[]);
    world.file("a.csv", "title\nOne\n");
    let run = world.trigger("csv", "a.csv", json!({}));
    for path in [
        "/v1/sync/stats",
        "/v1/sync/runs",
        "/v1/content",
        "/v1/catalog",
        &format!("/v1/sync/{run}"),
    ] {
        assert_eq!(world.hub.ask("GET", path, "bo", None).0, 200, "{path}");
    }
    let body = json!({"sourceType": "csv", "sourceIdentifier": "a.csv"});
    for path in ["/v1/sync/trigger", "/v1/sync/resume", "/v1/sync/cleanup"] {
        assert_eq!(
            world.hub.ask("POST", path, "bo", Some(body.clone())).0,
            403,
            "{path}"
        );
    }
    for (body, word) in [
        (json!({}), "sourceType"),
        (
            json!({"sourceType": "drive", "sourceIdentifier": "x"}),
            "csv, api, jsonl",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "/etc/passwd"}),
            "csv_roots",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "../x"}),
            "csv_roots",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": ""}),
            "sourceIdentifier",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "a.csv", "options": {"delimiter": ";;"}}),
            "delimiter",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "a.csv", "options": {"encoding": 7}}),
            "encoding",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "a.csv", "options": {"targetTable": "users"}}),
            "targetTable",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "a.csv", "options": []}),
            "options",
        ),
        (
            json!({"sourceType": "csv", "sourceIdentifier": "a.csv", "schedule": "at noon"}),
            "schedule",
        ),
        (
            json!({"sourceType": "api", "sourceIdentifier": "https://example.com", "options": {"auth": {"type": "x"}}}),
            "auth.type",
        ),
        (
            json!({"sourceType": "api", "sourceIdentifier": "https://u:p@example.com"}),
            "credentials",
        ),
    ] {
        let (status, said) = world.post("/v1/sync/trigger", body.clone());
        assert_eq!(status, 400, "{body}");
        assert!(said["detail"].as_str().unwrap().contains(word), "{word}: {said}");
    }
    for path in [
        "/v1/sync/0",
        "/v1/sync/99999999999999999999",
        "/v1/sync/x",
        "/v1/sync/-1",
    ] {
        assert_eq!(world.hub.ask("GET", path, "ada", None).0, 404, "{path}");
    }
    for path in [
        "/v1/sync/runs?limit=0",
        "/v1/sync/runs?status=odd",
        "/v1/content?available=perhaps",
    ] {
        assert_eq!(world.hub.ask("GET", path, "ada", None).0, 400, "{path}");
    }
}

#[test]
fn whoever_has_the_link_of_a_source_starts_it_and_nothing_else() {
    let world = World::new(&[]);
    world.file("a.csv", "title\nOne\n");
    world.sync("csv", "a.csv", json!({}));
    world.file("a.csv", "title\nOne\nTwo\n");
    let (_, sources) = world.hub.ask("GET", "/v1/sync/sources", "bo", None);
    let id = sources["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        world
            .hub
            .ask("POST", &format!("/v1/sync/sources/{id}/link"), "bo", None)
            .0,
        403
    );
    let (_, link) = world.post(&format!("/v1/sync/sources/{id}/link"), json!({}));
    let path = link["data"]["path"].as_str().unwrap();
    // a token says nothing here: the hub is asked as somebody who is no member
    let (status, started) = world.hub.ask("POST", path, "nobody", Some(json!({"zen": "x"})));
    assert_eq!(status, 202, "{started}");
    world.ended(started["data"]["syncRunId"].as_u64().unwrap());
    assert_eq!(world.titles(), ["One", "Two"]);
    let mut forged = path.to_owned();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    for bad in [forged.as_str(), "/v1/sync/links/x", &format!("{path}0")] {
        assert_eq!(world.hub.ask("POST", bad, "ada", None).0, 404, "{bad}");
    }
}
