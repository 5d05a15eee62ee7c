//! The compact form as bytes: frames, each with its length (four bytes, the highest first) before
//! one MessagePack value. The last frame says where the client stands; a body without it was cut off.

use serde::{Deserialize, Serialize};

use super::{
    CompactFile, CompactObject, CompactPage, CompactRows,
    scalar::{Ids, IdsRef},
};
use crate::{
    catalog::{DependencyRow, DocumentationRow, LineageRow},
    package::{Deleted, SyncMetadata},
};

/// Most bytes of a frame.
pub const FRAME_MAX: usize = 32 * 1024 * 1024;

/// Most rows, ids and words of a page: what a hostile page of few bytes may make us keep.
pub const ROWS_MAX: usize = 2_000_000;

/// How deep values may nest, as in serde_json.
const MAX_DEPTH: usize = 128;

/// Objects of one frame.
const OBJECTS_PER_FRAME: usize = 500;

/// Bytes before a frame.
const LENGTH_BYTES: usize = 4;

/// A compact page that can't be written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompactError {
    /// It ends within a frame, or before the last one.
    CutOff,
    /// More than [`FRAME_MAX`] or [`ROWS_MAX`].
    TooLarge,
    /// A frame is no MessagePack, or not of this form.
    Malformed(String),
    /// A number of an id or word that the page does not have.
    UnknownNumber,
}

impl std::fmt::Display for CompactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CompactError::CutOff => f.write_str("the page is cut off"),
            CompactError::TooLarge => f.write_str("the page is larger than allowed"),
            CompactError::Malformed(why) => write!(f, "a frame of the page is malformed: {why}"),
            CompactError::UnknownNumber => f.write_str("the page names an id or word that it does not have"),
        }
    }
}

impl std::error::Error for CompactError {}

/// One frame.
#[derive(Deserialize)]
enum Frame {
    Ids(Ids),
    Words(Vec<String>),
    Files(Vec<CompactFile>),
    Objects(Vec<CompactObject>),
    Documentation(Vec<DocumentationRow>),
    Pairs(Vec<DependencyRow>, Vec<LineageRow>),
    Deleted(Deleted),
    End(Box<SyncMetadata>),
}

/// The same frames, over what is not theirs.
#[derive(Serialize)]
enum FrameRef<'a> {
    Ids(IdsRef<'a>),
    Words(&'a [String]),
    Files(&'a [CompactFile]),
    Objects(&'a [CompactObject]),
    Documentation(&'a [DocumentationRow]),
    Pairs(&'a [DependencyRow], &'a [LineageRow]),
    Deleted(&'a Deleted),
    End(&'a SyncMetadata),
}

impl CompactPage {
    /// The page as bytes.
    ///
    /// # Errors
    /// [`CompactError::TooLarge`] for a frame that nobody would read.
    pub fn encode(&self) -> Result<Vec<u8>, CompactError> {
        let rows = &self.rows;
        let mut out = Vec::new();
        frame(&mut out, &FrameRef::Ids(IdsRef(&rows.ids)))?;
        frame(&mut out, &FrameRef::Words(&rows.words))?;
        frame(&mut out, &FrameRef::Files(&rows.files))?;
        for objects in rows.objects.chunks(OBJECTS_PER_FRAME) {
            frame(&mut out, &FrameRef::Objects(objects))?;
        }
        if !rows.documentation.is_empty() {
            frame(&mut out, &FrameRef::Documentation(&rows.documentation))?;
        }
        if !rows.dependencies.is_empty() || !rows.columns_lineage.is_empty() {
            frame(
                &mut out,
                &FrameRef::Pairs(&rows.dependencies, &rows.columns_lineage),
            )?;
        }
        if !rows.deleted.is_empty() {
            frame(&mut out, &FrameRef::Deleted(&rows.deleted))?;
        }
        frame(&mut out, &FrameRef::End(&self.sync_metadata))?;
        Ok(out)
    }

    /// The page of these bytes: all of it, or none.
    ///
    /// # Errors
    /// For whatever is not exactly a page. No more is kept meanwhile than [`ROWS_MAX`] rows and what
    /// `bytes` hold.
    pub fn decode(mut bytes: &[u8]) -> Result<CompactPage, CompactError> {
        let mut rows = CompactRows::default();
        loop {
            let (length, rest) = bytes
                .split_first_chunk::<LENGTH_BYTES>()
                .ok_or(CompactError::CutOff)?;
            let length = u32::from_be_bytes(*length) as usize;
            if length > FRAME_MAX {
                return Err(CompactError::TooLarge);
            }
            let (body, rest) = rest.split_at_checked(length).ok_or(CompactError::CutOff)?;
            bytes = rest;
            match parse(body)? {
                Frame::End(sync_metadata) => {
                    if !bytes.is_empty() {
                        return Err(CompactError::Malformed("something follows the last frame".into()));
                    }
                    check(&rows)?;
                    return Ok(CompactPage {
                        rows,
                        sync_metadata: *sync_metadata,
                    });
                }
                other => rows.add(other)?,
            }
            if rows.size() > ROWS_MAX {
                return Err(CompactError::TooLarge);
            }
        }
    }
}

/// Frames of many rows are arrays; those of types that leave fields out are maps with names.
fn frame(out: &mut Vec<u8>, frame: &FrameRef<'_>) -> Result<(), CompactError> {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_BYTES]);
    let written = match frame {
        FrameRef::Documentation(_) | FrameRef::Pairs(..) | FrameRef::Deleted(_) | FrameRef::End(_) => {
            frame.serialize(&mut rmp_serde::Serializer::new(&mut *out).with_struct_map())
        }
        _ => frame.serialize(&mut rmp_serde::Serializer::new(&mut *out)),
    };
    written.map_err(|e| CompactError::Malformed(e.to_string()))?;
    let length = out.len() - start - LENGTH_BYTES;
    if length > FRAME_MAX {
        return Err(CompactError::TooLarge);
    }
    out[start..start + LENGTH_BYTES].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(())
}

fn parse(body: &[u8]) -> Result<Frame, CompactError> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(body);
    reader.set_max_depth(MAX_DEPTH);
    let frame = Frame::deserialize(&mut reader).map_err(|e| CompactError::Malformed(e.to_string()))?;
    // What a frame holds beyond its value is no frame of ours.
    match serde::de::IgnoredAny::deserialize(&mut reader) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => {}
        _ => return Err(CompactError::Malformed("it is longer than its value".into())),
    }
    Ok(frame)
}

impl CompactRows {
    fn add(&mut self, frame: Frame) -> Result<(), CompactError> {
        match frame {
            Frame::Ids(ids) => self.ids.extend(ids.0),
            Frame::Words(words) => self.words.extend(words),
            Frame::Files(files) => self.files.extend(files),
            Frame::Objects(objects) => {
                for metadata in objects.iter().filter_map(|o| o.metadata.as_deref()) {
                    serde_json::from_str::<serde::de::IgnoredAny>(metadata)
                        .map_err(|e| CompactError::Malformed(format!("metadata is no JSON: {e}")))?;
                }
                self.objects.extend(objects);
            }
            Frame::Documentation(rows) => self.documentation.extend(rows),
            Frame::Pairs(dependencies, lineage) => {
                self.dependencies.extend(dependencies);
                self.columns_lineage.extend(lineage);
            }
            Frame::Deleted(deleted) => {
                self.deleted.files.extend(deleted.files);
                self.deleted.objects.extend(deleted.objects);
                self.deleted.documentation.extend(deleted.documentation);
                self.deleted.dependencies.extend(deleted.dependencies);
                self.deleted.columns_lineage.extend(deleted.columns_lineage);
            }
            Frame::End(_) => {}
        }
        Ok(())
    }

    /// Everything that it keeps, counted.
    fn size(&self) -> usize {
        let owned: usize = self
            .objects
            .iter()
            .map(|o| o.columns.len() + o.dependencies.len() + o.lineage.len())
            .sum();
        self.ids.len()
            + self.words.len()
            + self.files.len()
            + self.objects.len()
            + owned
            + self.documentation.len()
            + self.dependencies.len()
            + self.columns_lineage.len()
            + self.deleted.len()
    }
}

/// Whether all numbers are those of ids and words.
fn check(rows: &CompactRows) -> Result<(), CompactError> {
    let (ids, words) = (rows.ids.len(), rows.words.len());
    let id = |number: u32| (number as usize) < ids;
    let word = |number: u32| (number as usize) < words;
    let files = rows.files.iter();
    let good = files
        .map(|f| id(f.id) && id(f.connection) && word(f.language) && f.branch.is_none_or(word))
        .chain(rows.objects.iter().map(|o| {
            id(o.id)
                && id(o.connection)
                && o.file.is_none_or(id)
                && word(o.object_type)
                && o.branch.is_none_or(word)
                && o.columns
                    .iter()
                    .all(|c| word(c.name) && c.data_type.is_none_or(word))
                && o.dependencies.iter().all(|d| {
                    d.target.is_none_or(id) && d.target_name.is_none_or(word) && word(d.dependency_type)
                })
                && o.lineage.iter().all(|l| {
                    l.source.is_none_or(id)
                        && l.source_name.is_none_or(word)
                        && word(l.source_column)
                        && word(l.target_column)
                        && word(l.transformation)
                })
        }))
        .all(|good| good);
    good.then_some(()).ok_or(CompactError::UnknownNumber)
}
