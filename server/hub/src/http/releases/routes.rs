//! The routes of seed 000.

use axum::routing::{get, post};

use super::{
    super::routes::{Allowed::Operator, Endpoint},
    follow,
    history::{self, Status, Sync},
    schedule::{self, Changed, Configuration},
    ticket::{self, Ticket},
    triggers::{self, ReleaseList, Triggered},
};

const ONE: &str = "/api/v1/admin/metadata-sync/trigger/{release_id}";
const ALL: &str = "/api/v1/admin/metadata-sync/trigger";
const PROGRESS: &str = "/api/v1/admin/metadata-sync/progress/{job_id}";
const TICKET: &str = "/api/v1/admin/metadata-sync/progress/{job_id}/ticket";
const STATUS: &str = "/api/v1/admin/metadata-sync/status";
const HISTORY: &str = "/api/v1/admin/metadata-sync/history";
const CONFIGURE: &str = "/api/v1/admin/metadata-sync/configure";
const RELEASES: &str = "/api/v1/admin/releases";

/// All of them.
pub(in crate::http) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("GET", RELEASES, Operator, get(triggers::list), "All releases").gives::<ReleaseList>(),
        Endpoint::new(
            "POST",
            ONE,
            Operator,
            post(triggers::one),
            "Sync the tests of a release",
        )
        .expensive()
        .gives::<Triggered>(),
        Endpoint::new(
            "POST",
            ALL,
            Operator,
            post(triggers::all),
            "Sync the tests of all active releases",
        )
        .expensive()
        .gives::<Triggered>(),
        Endpoint::new(
            "GET",
            PROGRESS,
            Operator,
            get(follow::events),
            "Follow a sync, as server-sent events",
        )
        .query(&["ticket"])
        .streams(),
        Endpoint::new(
            "POST",
            TICKET,
            Operator,
            post(ticket::give),
            "A ticket to follow a sync once",
        )
        .expensive()
        .gives::<Ticket>(),
        Endpoint::new(
            "GET",
            STATUS,
            Operator,
            get(history::status),
            "The schedule, and the last sync",
        )
        .gives::<Status>(),
        Endpoint::new(
            "GET",
            HISTORY,
            Operator,
            get(history::history),
            "Past syncs, the newest first",
        )
        .query(&["limit"])
        .gives::<Vec<Sync>>(),
        Endpoint::new(
            "POST",
            CONFIGURE,
            Operator,
            post(schedule::configure),
            "Set the schedule",
        )
        .expensive()
        .takes::<Configuration>()
        .gives::<Changed>(),
    ]
}
