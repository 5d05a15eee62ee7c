//! Files that belong to objects of the catalogue, as objects of a connection of their own: so they reach the
//! editors, offline too, and a hover lists them.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use metasync_protocol::{
    Compact, ObjectRow, RowHash, bundle, connections::NewConnection, ids, library::LibraryFile,
};
use metasync_store::{Batch, StoreError};
use serde_json::json;
use uuid::Uuid;

use super::Library;

/// Type and name of the connection.
const CONNECTION: &str = "library";
/// Type of its objects.
const LIBRARY_FILE: &str = "library_file";
/// Letters of an id that tell files of one name apart.
const ID_SHOWN: usize = 8;

impl Library {
    /// Entries of an organization changed: the catalogue follows, soon and by itself.
    pub(crate) fn entries_changed(self: &Arc<Self>, org: Uuid) {
        let library = Arc::clone(self);
        tokio::spawn(async move { library.show_linked(org).await });
    }

    /// Brings the catalogue up to the files that belong to objects.
    pub(super) async fn show_linked(&self, org: Uuid) {
        let _one_at_a_time = self.linking.lock().await;
        if let Err(error) = self.try_show_linked(org).await {
            tracing::warn!(%error, "the catalogue does not show the library's files as they are now");
        }
    }

    async fn try_show_linked(&self, org: Uuid) -> Result<(), StoreError> {
        let linked = self.store.library_linked(org).await?;
        let connection = ids::connection(org, CONNECTION);
        let is_there = self
            .store
            .connection(org, &connection.to_string())
            .await?
            .is_some();
        if linked.is_empty() && !is_there {
            return Ok(());
        }
        if !is_there {
            let new = NewConnection {
                kind: CONNECTION.into(),
                name: CONNECTION.into(),
                full_name: CONNECTION.into(),
                url: String::new(),
                branch: None,
                dialect: None,
                settings: None,
            };
            self.store.add_connection(org, &new).await?;
        }
        let names = self.names(org, &linked).await?;
        let objects: Vec<_> = linked
            .iter()
            .map(|file| object(connection, file, &names))
            .collect();
        let live = self.store.live_objects(org, connection, None).await?;
        let known: HashSet<(Uuid, RowHash)> = live.iter().map(|o| (o.id, o.row_hash)).collect();
        let wanted: HashSet<Uuid> = objects.iter().map(|(row, _)| row.id).collect();
        let batch = Batch {
            deleted_objects: live
                .iter()
                .map(|o| o.id)
                .filter(|id| !wanted.contains(id))
                .collect(),
            objects: objects
                .into_iter()
                .filter(|(row, _)| !known.contains(&(row.id, row.row_hash)))
                .collect(),
            ..Batch::default()
        };
        if batch.objects.is_empty() && batch.deleted_objects.is_empty() && is_there {
            return Ok(());
        }
        let committed = self
            .store
            .batch_commit(org, connection, self.process, batch)
            .await?;
        let now = jiff::Timestamp::now().to_string();
        self.store
            .set_connection_status(org, connection, "completed", None, Some(&now))
            .await?;
        self.bells.heads.ring(org, connection, &committed.heads);
        Ok(())
    }

    /// The full names of objects that are named by an id or by their short name.
    async fn names(
        &self,
        org: Uuid,
        linked: &[LibraryFile],
    ) -> Result<HashMap<String, Vec<String>>, StoreError> {
        let texts: HashSet<&str> = linked
            .iter()
            .flat_map(|file| file.objects.iter().map(String::as_str))
            .collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        self.store.library_names(org, &texts).await
    }
}

fn object(
    connection: Uuid,
    file: &LibraryFile,
    names: &HashMap<String, Vec<String>>,
) -> (ObjectRow, Compact) {
    let id = file.id.to_string();
    let full_name = format!("{}#{}", file.name, &id[..ID_SHOWN]);
    let mut targets: BTreeMap<&str, ()> = BTreeMap::new();
    for text in &file.objects {
        match names.get(text) {
            Some(found) => targets.extend(found.iter().map(|name| (name.as_str(), ()))),
            None => drop(targets.insert(text, ())),
        }
    }
    let mut owned = Compact {
        dependencies: targets
            .into_keys()
            .map(|name| (None, Some(name.to_owned()), CONNECTION.to_owned()))
            .collect(),
        ..Compact::default()
    };
    owned.normalize();
    let mut row = ObjectRow {
        id: ids::object(connection, None, LIBRARY_FILE, &id),
        connection_id: connection,
        file_id: None,
        name: file.name.clone(),
        full_name,
        object_type: LIBRARY_FILE.into(),
        description: file.label.clone(),
        metadata: json!({
            "file_id": file.id, "sha256": file.sha256, "size": file.size, "media_type": file.media_type,
            "collections": file.collections,
        }),
        line_start: None,
        line_end: None,
        branch: None,
        row_hash: RowHash::default(),
    };
    row.row_hash = bundle::compact_hash(&row, &owned);
    (row, owned)
}
