//! The rows of a page in compact form: what an object owns stands in it, and every id and word is
//! looked up once.

use metasync_protocol::compact::{CompactObject, CompactRows, IdRef, WordRef};
use rusqlite::{Connection, params};

use super::{
    Counts,
    counters::Counters,
    intern::Interned,
    pairs,
    single::{FileFields, ObjectFields, documentation, file, object},
};

/// Writes all rows of a page.
pub fn rows(
    tx: &Connection,
    page: &CompactRows,
    interned: &mut Interned<'_>,
    counters: &mut Counters,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    for f in &page.files {
        let fields = FileFields {
            id: page.id(f.id),
            connection: page.id(f.connection),
            relative_path: &f.relative_path,
            language: page.word(f.language),
            content_hash: f.content_hash.to_string().into(),
            size: f.size,
            branch: f.branch.map(|word| page.word(word)),
            row_hash: f.row_hash,
        };
        file(tx, &fields, interned, counters)?;
    }
    counts.files = page.files.len() as u64;

    // Keys are given in the page's order, so that what follows is written in the order of the file.
    let mut keys = Vec::with_capacity(page.objects.len());
    for o in &page.objects {
        keys.push(object(tx, &fields(page, o), interned, counters)?);
    }
    counts.objects = page.objects.len() as u64;

    let mut numbers = Numbers::of(page, interned);
    columns(tx, page, &keys, &mut numbers)?;
    dependencies(tx, page, &keys, &mut numbers)?;
    lineage(tx, page, &keys, &mut numbers)?;
    counts.columns = page.columns() as u64;
    let own = page
        .objects
        .iter()
        .map(|o| o.dependencies.len() + o.lineage.len());
    counts.edges = own.sum::<usize>() as u64;

    counts.edges += pairs::write(tx, &page.dependencies, &page.columns_lineage, interned, counters)?;
    for row in &page.documentation {
        documentation(tx, row, interned, counters)?;
    }
    counts.documentation = page.documentation.len() as u64;
    Ok(())
}

fn fields<'a>(page: &'a CompactRows, o: &'a CompactObject) -> ObjectFields<'a> {
    ObjectFields {
        id: page.id(o.id),
        connection: page.id(o.connection),
        file: o.file.map(|id| page.id(id)),
        name: &o.name,
        full_name: &o.full_name,
        object_type: page.word(o.object_type),
        description: o.description.as_deref(),
        metadata: o.metadata.as_deref().map(Into::into),
        line_start: o.line_start,
        line_end: o.line_end,
        branch: o.branch.map(|word| page.word(word)),
        row_hash: o.row_hash,
    }
}

/// Keys of this cache for the page's numbers, as far as they were needed.
struct Numbers<'p, 'i, 'c> {
    page: &'p CompactRows,
    interned: &'i mut Interned<'c>,
    ids: Vec<Option<i64>>,
    names: Vec<Option<i64>>,
}

impl<'p, 'i, 'c> Numbers<'p, 'i, 'c> {
    fn of(page: &'p CompactRows, interned: &'i mut Interned<'c>) -> Numbers<'p, 'i, 'c> {
        Numbers {
            page,
            interned,
            ids: vec![None; page.ids.len()],
            names: vec![None; page.words.len()],
        }
    }

    fn id(&mut self, number: Option<IdRef>) -> rusqlite::Result<Option<i64>> {
        let Some(number) = number else { return Ok(None) };
        let known = self.ids.get_mut(number as usize);
        if let Some(Some(key)) = known {
            return Ok(Some(*key));
        }
        let (key, _) = self.interned.id(self.page.id(number))?;
        if let Some(slot) = known {
            *slot = Some(key);
        }
        Ok(Some(key))
    }

    fn name(&mut self, number: WordRef) -> rusqlite::Result<i64> {
        let known = self.names.get_mut(number as usize);
        if let Some(Some(key)) = known {
            return Ok(*key);
        }
        let key = self.interned.name(self.page.word(number))?;
        if let Some(slot) = known {
            *slot = Some(key);
        }
        Ok(key)
    }
}

fn columns(
    tx: &Connection,
    page: &CompactRows,
    keys: &[i64],
    numbers: &mut Numbers<'_, '_, '_>,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached("INSERT INTO columns VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (o, key) in page.objects.iter().zip(keys) {
        for (ordinal, column) in (1u32..).zip(&o.columns) {
            let name = numbers.name(column.name)?;
            let data_type = column.data_type.map(|word| page.word(word));
            insert.execute(params![key, ordinal, name, data_type, column.description])?;
        }
    }
    Ok(())
}

fn dependencies(
    tx: &Connection,
    page: &CompactRows,
    keys: &[i64],
    numbers: &mut Numbers<'_, '_, '_>,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached("INSERT INTO dependencies VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (o, key) in page.objects.iter().zip(keys) {
        for (place, edge) in (1i64..).zip(&o.dependencies) {
            insert.execute(params![
                key,
                place,
                numbers.id(edge.target)?,
                edge.target_name.map(|word| page.word(word)),
                page.word(edge.dependency_type)
            ])?;
        }
    }
    Ok(())
}

fn lineage(
    tx: &Connection,
    page: &CompactRows,
    keys: &[i64],
    numbers: &mut Numbers<'_, '_, '_>,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached("INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (o, key) in page.objects.iter().zip(keys) {
        for (place, edge) in (1i64..).zip(&o.lineage) {
            insert.execute(params![
                key,
                place,
                numbers.id(edge.source)?,
                edge.source_name.map(|word| page.word(word)),
                page.word(edge.source_column),
                page.word(edge.target_column),
                page.word(edge.transformation)
            ])?;
        }
    }
    Ok(())
}
