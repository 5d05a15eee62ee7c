//! The schedule: what is set wins over the environment and over the file, and is still there after a restart.

use super::*;

fn status(world: &World) -> Value {
    let (code, status) = world.json("GET", "status", "");
    assert_eq!(code, 200, "{status}");
    status
}

#[test]
fn what_is_set_wins_and_survives() {
    let variables = [("METADATA_SYNC_INTERVAL_HOURS", "6.0".to_owned())];
    let more = "enabled = true\ninterval_hours = 12.0\n";
    let mut world = World::with_environment(&[("7.0", Some("main"))], more, &variables);
    let first = status(&world);
    assert_eq!(
        (&first["enabled"], &first["interval_hours"]),
        (&true.into(), &6.0.into()),
        "the environment wins"
    );
    assert!(
        first["next_run"].is_string() && first["last_sync"].is_null(),
        "{first}"
    );
    let (code, answer) = world.json(
        "POST",
        "configure",
        "{\"enabled\": false, \"interval_hours\": 2.5}",
    );
    assert_eq!(
        (code, &answer["message"]),
        (200, &"Configuration updated successfully".into())
    );
    for _ in 0..2 {
        let now = status(&world);
        assert_eq!(
            (&now["enabled"], &now["interval_hours"]),
            (&false.into(), &2.5.into())
        );
        assert!(now["next_run"].is_null());
        world.hub.kill();
        world.hub.restart();
    }
}

#[test]
fn a_schedule_syncs_without_being_asked_and_a_start_does_if_told_to() {
    let variables = [("METADATA_SYNC_ON_STARTUP", "true".to_owned())];
    let world = World::with_environment(&[("7.0", Some("main"))], "", &variables);
    // at its start the repository was empty
    let row = eventually(PATIENCE, || {
        world.history().into_iter().find(|row| row["status"] != "running")
    });
    let row = row.expect("a sync at the start");
    assert_eq!(
        (&row["sync_type"], &row["status"]),
        (&"startup".into(), &"failed".into())
    );
    world.commit(&[("test_a.py", &one("a"))]);
    world.json(
        "POST",
        "configure",
        "{\"enabled\": true, \"interval_hours\": 0.0003}",
    );
    let row = eventually(PATIENCE, || {
        world
            .history()
            .into_iter()
            .find(|row| row["sync_type"] == "scheduled" && row["status"] == "success")
    });
    assert!(row.is_some(), "a scheduled sync");
    assert_eq!(world.tests("7.0").len(), 1);
    world.json("POST", "configure", "{\"enabled\": false}");
}
