//! `metasync/objectAt`: what a place in a text is about, for views that follow the editor.

use metasync_cache::{Lookup, ObjectHit};
use metasync_ide::{catalogue::Target, owner::owner, references::target_at};
use metasync_protocol::editor::{ObjectAtAnswer, ObjectAtParams};
use tower_lsp::{
    jsonrpc::Result,
    ls_types::{Position, Uri},
};
use uuid::Uuid;

use super::{Backend, references::beside, server::Place};

impl Backend {
    /// Nothing of a document that is not open, or at a place that no catalogue knows.
    pub async fn object_at(&self, params: ObjectAtParams) -> Result<ObjectAtAnswer> {
        let here = params.uri.parse::<Uri>().ok().and_then(|uri| self.place(&uri));
        let Some(here) = here else {
            return Ok(ObjectAtAnswer::default());
        };
        let position = Position::new(params.line, params.character);
        let offset = here.document.text.offset(position, self.encoding());
        let found = beside(move || around(&here, offset)).await;
        Ok(found.unwrap_or_default())
    }
}

fn around(here: &Place, offset: usize) -> ObjectAtAnswer {
    let (file, catalogue) = (here.file(), here.catalogue());
    let view = &here.workspace.handle.view;
    let hit = |id: Uuid| -> Option<ObjectHit> { view.ask(|reader| reader.object(id)).flatten() };
    let targets = target_at(&file, offset, &catalogue).map(|(_, targets)| targets);
    let (named, column) = match targets.into_iter().flatten().next() {
        Some(Target::Object(id)) => (hit(id), None),
        Some(Target::Column(id, column)) => (hit(id), Some(column)),
        _ => (None, None),
    };
    let own = owner(&file, offset, &catalogue)
        .and_then(|known| hit(known.id))
        .or_else(|| {
            // what is no relation: macros, exposures, tests, files with several statements
            let lookup = Lookup::Path {
                relative_path: here.path.clone(),
            };
            let line = file.text[..offset].matches('\n').count() as u64 + 1;
            let made = view.ask(|reader| reader.find(&lookup)).unwrap_or_default();
            let before = made
                .iter()
                .filter(|hit| hit.line_start.is_some_and(|start| u64::from(start) <= line));
            let last = before.max_by_key(|hit| hit.line_start).cloned();
            last.or_else(|| made.into_iter().next())
        });
    ObjectAtAnswer {
        named: named.map(Into::into),
        column,
        own: own.map(Into::into),
    }
}
