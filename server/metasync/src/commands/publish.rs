//! `metasync publish`: the facts of a workspace as a catalogue in a WebDAV folder, for editors without a hub.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use metasync_cache::Reader;
use metasync_language_server::{
    settings::{Environment, Folder, Mode},
    sync::{Cause, Engine},
    workspace::{
        Places,
        places::{create_private, open_private},
    },
};
use metasync_sources::{
    Draft, ShareError, SharedFolder,
    shared_folder::{CatalogueWriter, snapshot::MAX_SNAPSHOT_BYTES},
};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{hub::asked_to_end, opened};
use crate::{
    arguments::PublishOptions,
    embedded::{EmbeddedHubs, dav_options},
    terminal::{self, Failure, bars, count},
};

/// How long another publication of this user's to the same folder is waited for.
const OWN_PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct Answer {
    /// Where it is: the address for `metasync.hub.url`.
    url: String,
    /// Whose catalogue it is.
    workspace: String,
    /// The version that holds it.
    version: u64,
    /// `false`: the folder had the same already.
    published: bool,
    files: u64,
    objects: u64,
    columns: u64,
    /// Of the catalogue.
    bytes: u64,
    duration_ms: u64,
}

/// Indexes the workspace, and publishes what was found.
pub async fn run(options: PublishOptions) -> Result<(), Failure> {
    let started = Instant::now();
    let folder = address(&options.to)?;
    let path = options.path.as_deref().or(options.workspace.as_deref());
    let mut workspace = opened::workspace(path)?;
    // what is published is this folder's own, whatever hub is configured
    workspace.settings.mode = Mode::Local;
    let places = Places::of(&workspace.settings.cache_dir, &Mode::Local, &workspace.found);
    let shutdown = CancellationToken::new();
    let work = async {
        let reader = index(&workspace, &places, shutdown.clone()).await?;
        let identity = workspace.found.identity.identifier.clone();
        publish(
            &options,
            &folder,
            &reader,
            &identity,
            &workspace.settings.cache_dir,
        )
        .await
    };
    let published = tokio::select! {
        published = work => published,
        () = asked_to_end() => Err(anyhow!(
            "interrupted; the folder still has what was published before, or the whole of the new catalogue"
        )),
    };
    shutdown.cancel();
    let answer = Answer {
        duration_ms: started.elapsed().as_millis() as u64,
        ..published?
    };
    if options.json {
        return terminal::print_json(&answer);
    }
    let what = if answer.published {
        "Published"
    } else {
        "Nothing new: the folder has had"
    };
    terminal::print(&format!(
        "{what} {} as version {}: {} objects with {} columns of {} files, {} bytes\n\nEditors read it with\n  \
         metasync.hub.url = {}\nand on the command line with METASYNC_HUB_URL; a password goes into WEBDAV_PASSWORD, \
         or is asked for by Metadata: Sign In.",
        answer.workspace,
        answer.version,
        count(answer.objects),
        count(answer.columns),
        count(answer.files),
        count(answer.bytes),
        answer.url
    ))
}

/// The folder with the credentials of the environment. A hub's token is not sent there.
fn address(to: &str) -> Result<Folder, Failure> {
    let folder = Folder::parse(to).map_err(|error| Failure::Usage(format!("--to: {error}")))?;
    let environment = Environment::of_process();
    let folder = Folder {
        username: folder.username.or(environment.webdav_username),
        password: environment.webdav_password,
        ..folder
    };
    if folder.password.is_some() && folder.is_in_clear_text() {
        terminal::complain("the password goes over the network in clear text: use davs:// (https)");
    }
    Ok(folder)
}

/// Brings the workspace's own copy up to date, as a sync in local mode does.
async fn index(
    workspace: &opened::Workspace,
    places: &Places,
    shutdown: CancellationToken,
) -> anyhow::Result<Reader> {
    let (events, told) = mpsc::unbounded_channel();
    let hubs = Arc::new(EmbeddedHubs::new(shutdown));
    let settings = workspace.settings.clone();
    let (handle, task) = Engine::start(workspace.found.clone(), settings, hubs, events, false);
    let shown = bars::show(told);
    let answer = handle.sync(Cause::Command, false).await;
    handle.stop();
    drop(handle);
    drop(task.await);
    for message in shown.await.unwrap_or_default() {
        terminal::complain(&message);
    }
    if let Some(error) = answer.error {
        bail!("{error}");
    }
    Ok(Reader::open(&places.cache())?)
}

async fn publish(
    options: &PublishOptions,
    folder: &Folder,
    reader: &Reader,
    identity: &str,
    cache_dir: &Path,
) -> anyhow::Result<Answer> {
    let counts = reader.status()?;
    if counts.objects == 0 {
        bail!("there is nothing to publish: no models, tables or other objects were found in {identity}");
    }
    let (_lock, publisher) = alone(&cache_dir.join("folder"), folder).await?;
    let draft_file = tempfile::Builder::new()
        .prefix("metasync-publish-")
        .suffix(".db")
        .tempfile()
        .context("no temporary file can be made")?
        .into_temp_path();
    write(reader, &draft_file)?;
    let draft = Draft::of(draft_file.to_path_buf(), Uuid::new_v4()).await?;
    let draft = draft.catalogue_of(identity);
    if draft.size > MAX_SNAPSHOT_BYTES {
        bail!(
            "the catalogue has {} bytes, more than readers take",
            count(draft.size)
        );
    }
    let share = SharedFolder::of_catalogue(dav_options(folder.clone()), publisher)?;
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(15));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar.set_message(format!("Publishing {} bytes", count(draft.size)));
    let telling = |message: String| bar.set_message(message);
    let published = share.publish_catalogue(&draft, options.replace, &telling).await;
    bar.finish_and_clear();
    let published = published.map_err(|error| advised(&error, folder))?;
    Ok(Answer {
        url: folder.shown(),
        workspace: identity.to_owned(),
        version: published.version,
        published: published.is_new,
        files: counts.files,
        objects: counts.objects,
        columns: counts.columns,
        bytes: draft.size,
        duration_ms: 0,
    })
}

/// Where credentials come from, for those who gave none.
fn advised(error: &ShareError, folder: &Folder) -> anyhow::Error {
    let place = folder.shown();
    let why = match (error.code(), &folder.password) {
        ("share_refused", None) => " (no password was given: set WEBDAV_USERNAME and WEBDAV_PASSWORD)",
        _ => "",
    };
    anyhow!("nothing was published to {place}: {error}{why}")
}

fn write(reader: &Reader, path: &Path) -> anyhow::Result<()> {
    let writer = CatalogueWriter::create(path)?;
    let mut failed = None;
    reader.catalogue(|kind, id, body| {
        if failed.is_none()
            && let Err(error) = writer.put(kind, &id.to_string(), body)
        {
            failed = Some(error);
        }
    })?;
    match failed {
        Some(error) => Err(error).context("the catalogue can't be written"),
        None => Ok(writer.finish()?),
    }
}

/// The name under which this user publishes to a folder, held so that nobody else uses it at the same time: whoever
/// had it before and is gone was cut off, and nobody waits for that one.
async fn alone(dir: &Path, folder: &Folder) -> anyhow::Result<(File, Uuid)> {
    create_private(dir).with_context(|| format!("{} can't be created", dir.display()))?;
    let path = dir.join(format!(
        "publisher-{}",
        Uuid::new_v5(&Uuid::NAMESPACE_URL, folder.url.as_bytes()).simple()
    ));
    let mut file = open_private(&path).with_context(|| format!("{} can't be opened", path.display()))?;
    let started = Instant::now();
    while file.try_lock().is_err() {
        if started.elapsed() > OWN_PATIENCE {
            bail!(
                "another `metasync publish` to {} is running; wait for its end",
                folder.shown()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
    if let Some(known) = std::fs::read_to_string(&path)
        .ok()
        .and_then(|text| Uuid::try_parse(text.trim()).ok())
    {
        return Ok((file, known));
    }
    let publisher = Uuid::new_v4();
    file.set_len(0)?;
    file.write_all(publisher.to_string().as_bytes())?;
    Ok((file, publisher))
}
