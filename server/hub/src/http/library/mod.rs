//! The shared library's interfaces (seed 001): files, the sync, its conflicts, and who is told. Each is there
//! with and without `/v1`.

mod events;
mod files;
mod reading;
mod sync;
mod upload;

use axum::{
    extract::DefaultBodyLimit,
    routing::{delete, get, patch, post, put},
};
use metasync_protocol::library::{
    ConflictList, ConflictResolved, LibraryFile, LibraryList, LibraryStatus, LibrarySummary,
    LibrarySyncRequest, ResolveConflict,
};

use super::routes::{Allowed, Endpoint};

/// Where the routes begin, the seed's versioned way first.
struct Paths {
    files: &'static str,
    file: &'static str,
    content: &'static str,
    status: &'static str,
    sync: &'static str,
    conflicts: &'static str,
    resolve: &'static str,
    subscribe: &'static str,
}

const PATHS: [Paths; 2] = [
    Paths {
        files: "/api/v1/files",
        file: "/api/v1/files/{file_id}",
        content: "/api/v1/files/{file_id}/content",
        status: "/api/v1/sync/status",
        sync: "/api/v1/sync",
        conflicts: "/api/v1/sync/conflicts",
        resolve: "/api/v1/sync/resolve-conflict",
        subscribe: "/api/v1/sse/subscribe",
    },
    Paths {
        files: "/api/files",
        file: "/api/files/{file_id}",
        content: "/api/files/{file_id}/content",
        status: "/api/sync/status",
        sync: "/api/sync",
        conflicts: "/api/sync/conflicts",
        resolve: "/api/sync/resolve-conflict",
        subscribe: "/api/sse/subscribe",
    },
];

/// All routes.
pub(super) fn endpoints() -> Vec<Endpoint> {
    PATHS
        .iter()
        .flat_map(|paths| of_files(paths).into_iter().chain(of_sync(paths)))
        .collect()
}

fn of_files(paths: &Paths) -> Vec<Endpoint> {
    use Allowed::{Members, Writers};
    // Uploads have a limit of their own, for they are never held in memory.
    let unlimited = DefaultBodyLimit::disable;
    vec![
        Endpoint::new(
            "GET",
            paths.files,
            Members,
            get(files::list),
            "The files of the library",
        )
        .query(&["q", "collection", "limit", "offset"])
        .gives::<LibraryList>(),
        Endpoint::new(
            "POST",
            paths.files,
            Writers,
            post(upload::add).layer(unlimited()),
            "Add a file (multipart: file, label, collections, objects)",
        )
        .gives::<LibraryFile>()
        .status(201),
        Endpoint::new("GET", paths.file, Members, get(files::get), "A file's entry").gives::<LibraryFile>(),
        Endpoint::new(
            "PATCH",
            paths.file,
            Writers,
            patch(files::change),
            "Change a file's entry",
        )
        .gives::<LibraryFile>(),
        Endpoint::new(
            "DELETE",
            paths.file,
            Writers,
            delete(files::remove),
            "Delete a file",
        )
        .status(204),
        Endpoint::new(
            "GET",
            paths.content,
            Members,
            get(files::content),
            "A file's content",
        )
        .query(&["side"]),
        Endpoint::new(
            "PUT",
            paths.content,
            Writers,
            put(upload::replace).layer(unlimited()),
            "Replace a file's content",
        )
        .gives::<LibraryFile>(),
    ]
}

fn of_sync(paths: &Paths) -> Vec<Endpoint> {
    use Allowed::{Members, Writers};
    vec![
        Endpoint::new(
            "GET",
            paths.status,
            Members,
            get(sync::status),
            "Whether the library needs a sync",
        )
        .gives::<LibraryStatus>(),
        Endpoint::new(
            "POST",
            paths.sync,
            Writers,
            post(sync::sync),
            "Sync the library with its share",
        )
        .takes::<LibrarySyncRequest>()
        .gives::<LibrarySummary>(),
        Endpoint::new(
            "GET",
            paths.conflicts,
            Members,
            get(sync::conflicts),
            "Conflicts that wait",
        )
        .gives::<ConflictList>(),
        Endpoint::new(
            "POST",
            paths.resolve,
            Writers,
            post(sync::resolve),
            "Settle a conflict",
        )
        .takes::<ResolveConflict>()
        .gives::<ConflictResolved>(),
        Endpoint::new(
            "GET",
            paths.subscribe,
            Members,
            get(events::subscribe),
            "Told what syncs do, as server-sent events",
        )
        .query(&["client_id"])
        .streams(),
    ]
}
