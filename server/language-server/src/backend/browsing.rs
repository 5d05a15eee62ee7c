//! What editors ask beyond the protocol, for trees of their own: `metasync/objects`, `metasync/columns`.

use metasync_cache::Browse;
use metasync_protocol::editor::{
    ColumnAnswer, ColumnsAnswer, ColumnsParams, ObjectsAnswer, ObjectsParams, TypeCount,
};
use tower_lsp::jsonrpc::Result;

use super::{Backend, references::beside};

/// Objects on a page where nothing else is asked for.
const DEFAULT_LIMIT: u64 = 200;

impl Backend {
    /// `metasync/objects`: the objects of one connection, page by page.
    pub async fn objects(&self, params: ObjectsParams) -> Result<ObjectsAnswer> {
        let wanted = Browse {
            connection: params.connection,
            object_type: params.object_type,
            filter: params.filter.unwrap_or_default(),
            offset: params.offset.unwrap_or_default(),
            limit: params.limit.unwrap_or(DEFAULT_LIMIT),
        };
        let workspaces = self.workspaces.all();
        let found = beside(move || {
            let mut pages = workspaces
                .iter()
                .filter_map(|workspace| workspace.handle.view.ask(|reader| reader.browse(&wanted)));
            // windows on one hub may hold the same connection
            pages.find(|page| !page.types.is_empty())
        });
        let page = found.await.flatten().unwrap_or_default();
        let count = |(object_type, count)| TypeCount { object_type, count };
        Ok(ObjectsAnswer {
            objects: page.objects.into_iter().map(Into::into).collect(),
            total: page.total,
            types: page.types.into_iter().map(count).collect(),
        })
    }

    /// `metasync/columns`: the columns of an object by ordinal; none of an unknown one.
    pub async fn columns(&self, params: ColumnsParams) -> Result<ColumnsAnswer> {
        let Ok(id) = params.id.parse() else {
            return Ok(ColumnsAnswer::default());
        };
        let of = |workspace: &super::workspaces::Workspace| {
            let columns = workspace.handle.view.ask(|reader| reader.columns_of(id))?;
            (!columns.is_empty()).then_some(columns)
        };
        let found = self.workspaces.all().iter().find_map(of).unwrap_or_default();
        let columns = found.into_iter().map(|column| ColumnAnswer {
            name: column.name,
            data_type: column.data_type,
            description: column.description,
        });
        Ok(ColumnsAnswer {
            columns: columns.collect(),
        })
    }
}
