//! The routes of seed 003.

use axum::routing::{delete, get, post};
use serde_json::{Map, Value};

use super::{
    content,
    envelope::{Envelope, Said},
    list::{self, Link, ShownSource},
    maintenance::{self, CleanUp, Removed},
    runs::{self, ShownRun, Stats},
    trigger::{self, TriggerRequest, Triggered},
};
use crate::http::routes::{Allowed, Endpoint};

/// All of them.
pub(in crate::http) fn routes() -> Vec<Endpoint> {
    use Allowed::{Holders, Members, Writers};
    const TRIGGER: &str = "/v1/sync/trigger";
    const RESUME: &str = "/v1/sync/resume";
    const CLEAN_UP: &str = "/v1/sync/cleanup";
    const LINK: &str = "/v1/sync/sources/{id}/link";
    const FOLLOW: &str = "/v1/sync/links/{link}";
    const ONE: &str = "/v1/sync/{sync_run_id}";
    vec![
        Endpoint::new(
            "GET",
            "/v1/sync/stats",
            Members,
            get(runs::stats),
            "How many syncs there are",
        )
        .gives::<Envelope<Stats>>(),
        Endpoint::new(
            "GET",
            "/v1/sync/runs",
            Members,
            get(runs::list),
            "Syncs, the newest first",
        )
        .query(&["limit", "status"])
        .gives::<Envelope<Vec<ShownRun>>>(),
        Endpoint::new(
            "POST",
            TRIGGER,
            Writers,
            post(trigger::trigger),
            "Sync an external source",
        )
        .expensive()
        .takes::<TriggerRequest>()
        .gives::<Envelope<Triggered>>()
        .status(202)
        .or_status(200),
        Endpoint::new(
            "POST",
            RESUME,
            Writers,
            post(maintenance::resume),
            "Take up what waits and what failed for a passing reason",
        )
        .expensive()
        .gives::<Said>(),
        Endpoint::new(
            "POST",
            CLEAN_UP,
            Writers,
            post(maintenance::clean_up),
            "Remove old syncs, and entries that no sync saw for long",
        )
        .expensive()
        .takes::<CleanUp>()
        .gives::<Envelope<Removed>>(),
        Endpoint::new(
            "GET",
            "/v1/sync/sources",
            Members,
            get(list::list),
            "External sources",
        )
        .gives::<Envelope<Vec<ShownSource>>>(),
        Endpoint::new(
            "POST",
            LINK,
            Writers,
            post(list::link),
            "A link that starts a source, without a token",
        )
        .expensive()
        .gives::<Envelope<Link>>(),
        Endpoint::new(
            "POST",
            FOLLOW,
            Holders,
            post(list::follow),
            "Start the source of a link",
        )
        .gives::<Envelope<Triggered>>()
        .status(202),
        Endpoint::new("GET", ONE, Members, get(runs::get), "A sync").gives::<Envelope<ShownRun>>(),
        Endpoint::new("DELETE", ONE, Writers, delete(runs::cancel), "Cancel a sync")
            .gives::<Envelope<ShownRun>>(),
        Endpoint::new(
            "GET",
            "/v1/content",
            Members,
            get(content::content),
            "Find content of sources",
        )
        .query(&["q", "contentType", "available", "limit", "offset"])
        .expensive()
        .gives::<Envelope<Vec<Map<String, Value>>>>(),
        Endpoint::new(
            "GET",
            "/v1/catalog",
            Members,
            get(content::catalog),
            "Find items of catalogues",
        )
        .query(&["q", "categoryId", "available", "limit", "offset"])
        .expensive()
        .gives::<Envelope<Vec<Map<String, Value>>>>(),
    ]
}
