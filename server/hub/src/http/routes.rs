//! The table of all routes: the router, `GET /openapi.json` and the tests of access are made from it.

use axum::routing::{MethodRouter, delete, get, post, put};
use metasync_protocol::{
    DocumentationRow, SyncPackage,
    connections::{Connection, ConnectionList, MatchAnswer, MatchRequest, NewConnection, OrganizationList},
    package::PackageQuery,
    repositories::{Job, SyncRequest},
    sessions::{RegisterSession, SessionRegistered},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    App, connections, docs,
    documentation::{self, DocumentationInput, DocumentationList},
    job_events, organizations, push, releases,
    repositories::{self, Repository, RepositoryList},
    search,
    sessions::{self, SessionList},
    sources, sync_package, system,
};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Everybody, without a token.
    Everybody,
    /// Whoever has the link that the path is.
    Holders,
    /// Whoever has a good token.
    Users,
    /// Members of the organization.
    Members,
    /// Its owners and maintainers.
    Writers,
    /// Whoever has the PIN (seed 000).
    Operator,
}

/// Makes a schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One route.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) allowed: Allowed,
    /// What it does, in one line.
    pub(super) summary: &'static str,
    /// Names of query parameters.
    pub(super) query: &'static [&'static str],
    pub(super) request: Option<SchemaOf>,
    /// Status of success, and its body.
    pub(super) answer: (u16, Option<SchemaOf>),
    /// Another status with the same body.
    pub(super) or_status: Option<u16>,
    /// Whether the answer is a stream of events.
    pub(super) streams: bool,
    /// Whether one user may ask only so often ([`super::rate`]).
    pub(super) expensive: bool,
    pub(super) handler: MethodRouter<App>,
}

impl Endpoint {
    pub(super) fn new(
        method: &'static str,
        path: &'static str,
        allowed: Allowed,
        handler: MethodRouter<App>,
        summary: &'static str,
    ) -> Endpoint {
        Endpoint {
            method,
            path,
            allowed,
            summary,
            query: &[],
            request: None,
            answer: (200, None),
            or_status: None,
            streams: false,
            expensive: false,
            handler,
        }
    }

    pub(super) fn query(mut self, names: &'static [&'static str]) -> Endpoint {
        self.query = names;
        self
    }

    pub(super) fn takes<T: JsonSchema>(mut self) -> Endpoint {
        self.request = Some(schema::<T>);
        self
    }

    pub(super) fn gives<T: JsonSchema>(mut self) -> Endpoint {
        self.answer.1 = Some(schema::<T>);
        self
    }

    pub(super) fn streams(mut self) -> Endpoint {
        self.streams = true;
        self
    }

    pub(super) fn expensive(mut self) -> Endpoint {
        self.expensive = true;
        self
    }

    pub(super) fn status(mut self, status: u16) -> Endpoint {
        self.answer.0 = status;
        self
    }

    pub(super) fn or_status(mut self, status: u16) -> Endpoint {
        self.or_status = Some(status);
        self
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Parameters of the sync package.
const PACKAGE_QUERY: &[&str] = &[
    "connection_ids",
    "last_sync_timestamp",
    "include_documentation",
    "limit",
    "offset",
    "cursor",
    "max_bytes",
    "protocol",
];

/// All routes.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut all = editors();
    all.extend(repository_routes());
    all.extend(sources::routes());
    all.extend(releases::endpoints());
    all.extend(super::library::endpoints());
    all.extend(system_routes());
    all
}

/// Seed 002.
fn editors() -> Vec<Endpoint> {
    use Allowed::{Members, Users, Writers};
    const ORGANIZATIONS: &str = "/api/metadata-sync/organizations";
    const PACKAGE: &str = "/api/metadata-sync/organizations/{org}/sync-package";
    const QUERY: &str = "/api/metadata-sync/organizations/{org}/sync-package/query";
    const CONNECTIONS: &str = "/api/metadata-sync/organizations/{org}/connections";
    const CONNECTION: &str = "/api/metadata-sync/organizations/{org}/connections/{id}";
    const MATCH: &str = "/api/metadata-sync/organizations/{org}/connections/match-workspace";
    const DOCUMENTATION: &str = "/api/metadata-sync/organizations/{org}/documentation";
    const DOCUMENTED: &str = "/api/metadata-sync/organizations/{org}/documentation/{object_id}";
    const SESSIONS: &str = "/api/metadata-sync/organizations/{org}/ide-sessions";
    const EVENTS: &str = "/api/metadata-sync/organizations/{org}/events";
    vec![
        Endpoint::new(
            "GET",
            ORGANIZATIONS,
            Users,
            get(organizations::list),
            "The user's own organizations",
        )
        .gives::<OrganizationList>(),
        Endpoint::new(
            "GET",
            PACKAGE,
            Members,
            get(sync_package::get),
            "A page of what changed",
        )
        .query(PACKAGE_QUERY)
        .gives::<SyncPackage>(),
        Endpoint::new(
            "POST",
            QUERY,
            Members,
            post(sync_package::query),
            "The same, for long cursors",
        )
        .takes::<PackageQuery>()
        .gives::<SyncPackage>(),
        Endpoint::new(
            "GET",
            CONNECTIONS,
            Members,
            get(connections::list),
            "All connections",
        )
        .gives::<ConnectionList>(),
        Endpoint::new(
            "POST",
            CONNECTIONS,
            Writers,
            post(connections::add),
            "Add a connection",
        )
        .expensive()
        .takes::<NewConnection>()
        .gives::<Connection>()
        .status(201),
        Endpoint::new(
            "DELETE",
            CONNECTION,
            Writers,
            delete(connections::remove),
            "Remove a connection",
        )
        .status(204),
        Endpoint::new(
            "POST",
            MATCH,
            Members,
            post(connections::match_workspace),
            "Which connections a workspace is",
        )
        .expensive()
        .takes::<MatchRequest>()
        .gives::<MatchAnswer>(),
        Endpoint::new(
            "GET",
            DOCUMENTATION,
            Members,
            get(documentation::list),
            "Documentation of objects",
        )
        .query(&["connection_ids", "object_ids"])
        .gives::<DocumentationList>(),
        Endpoint::new(
            "PUT",
            DOCUMENTED,
            Writers,
            put(documentation::put),
            "Replace an object's documentation",
        )
        .expensive()
        .takes::<DocumentationInput>()
        .gives::<DocumentationRow>(),
        Endpoint::new(
            "POST",
            SESSIONS,
            Members,
            post(sessions::register),
            "Register an editor's workspace",
        )
        .takes::<RegisterSession>()
        .gives::<SessionRegistered>(),
        Endpoint::new(
            "GET",
            SESSIONS,
            Members,
            get(sessions::list),
            "Registered workspaces",
        )
        .gives::<SessionList>(),
        Endpoint::new(
            "GET",
            EVENTS,
            Members,
            get(push::events),
            "Tells what moved, as server-sent events",
        )
        .streams(),
    ]
}

/// Seed 004.
fn repository_routes() -> Vec<Endpoint> {
    use Allowed::{Members, Writers};
    const ALL: &str = "/api/repositories";
    const ONE: &str = "/api/repositories/{id}";
    const SYNC: &str = "/api/repositories/{id}/sync";
    const JOB: &str = "/api/repositories/{id}/sync/{job_id}";
    const EVENTS: &str = "/api/repositories/{id}/sync/{job_id}/events";
    const SEARCH: &str = "/api/repositories/{id}/search";
    vec![
        Endpoint::new("GET", ALL, Members, get(repositories::list), "All repositories")
            .gives::<RepositoryList>(),
        Endpoint::new("GET", ONE, Members, get(repositories::get), "A repository").gives::<Repository>(),
        Endpoint::new(
            "POST",
            SYNC,
            Writers,
            post(repositories::sync),
            "Index a repository",
        )
        .expensive()
        .takes::<SyncRequest>()
        .gives::<Job>()
        .status(202),
        Endpoint::new("GET", JOB, Members, get(repositories::job), "A sync").gives::<Job>(),
        Endpoint::new(
            "DELETE",
            JOB,
            Writers,
            delete(repositories::cancel),
            "Cancel a sync",
        )
        .gives::<Job>()
        .or_status(202),
        Endpoint::new(
            "GET",
            EVENTS,
            Members,
            get(job_events::events),
            "Follow a sync, as server-sent events",
        )
        .streams(),
        Endpoint::new(
            "GET",
            SEARCH,
            Members,
            get(search::search),
            "Find objects of a repository",
        )
        .query(&["q", "limit"])
        .expensive(),
    ]
}

fn system_routes() -> Vec<Endpoint> {
    use Allowed::Everybody;
    vec![
        Endpoint::new(
            "GET",
            "/healthz",
            Everybody,
            get(system::healthz),
            "Whether the hub works",
        ),
        Endpoint::new(
            "GET",
            "/metrics",
            Everybody,
            get(system::metrics),
            "Counters for Prometheus",
        ),
        Endpoint::new(
            "GET",
            "/openapi.json",
            Everybody,
            get(system::description),
            "This description",
        ),
        Endpoint::new(
            "GET",
            "/docs",
            Everybody,
            get(docs::page),
            "This description, for people",
        ),
    ]
}
