//! Reading a CSV file portion by portion, away from the threads that serve others.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        Begin, End, EntryError, EntryReader, EntrySpec, ErrorKind, KnownField, Outside, Pending, Place,
        Portion, Row, RowError, Step, blocking,
        files::{self, Lines, Mark},
        limits::{PORTION_BYTES, PORTION_ITEMS},
    },
    columns::Columns,
    options::Options,
    records::{Found, Records},
};

/// Where a next attempt goes on, and what a complete read leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    /// The last line that is done with.
    line: u64,
    /// Of which file.
    mark: Mark,
}

pub(super) struct CsvReader {
    fields: Vec<String>,
    /// Away while a portion is read.
    state: Option<State>,
}

struct State {
    records: Records,
    columns: Columns,
    mark: Mark,
    is_unchanged: bool,
    is_over: bool,
    had_errors: bool,
    /// The first row of a file without a header: it was read to count its columns.
    first: Option<Row>,
    first_error: Option<RowError>,
}

impl CsvReader {
    pub(super) async fn open(
        spec: &EntrySpec,
        outside: &Outside,
        begin: Begin,
    ) -> Result<CsvReader, EntryError> {
        let options = Options::read(&spec.options)?;
        let path = files::located(&spec.identifier, &outside.roots)?;
        let (roots, known) = (outside.roots.clone(), spec.fields);
        let state = blocking(move || {
            let (file, metadata) = files::open(&path, &roots)?;
            let mark = files::mark(&metadata);
            let lines = Lines::new(file, metadata.len(), options.encoding.as_deref())?;
            State::open(lines, mark, &options, known, &begin)
        })
        .await?;
        Ok(CsvReader {
            fields: state.columns.fields.clone(),
            state: Some(state),
        })
    }
}

impl EntryReader for CsvReader {
    fn fields(&self) -> &[String] {
        &self.fields
    }

    fn next(&mut self) -> Pending<'_, Step> {
        Box::pin(async move {
            let Some(mut state) = self.state.take() else {
                return Ok(Step::End(End::default()));
            };
            let (state, step) = blocking(move || {
                let step = state.step()?;
                Ok((state, step))
            })
            .await?;
            self.state = Some(state);
            Ok(step)
        })
    }
}

impl State {
    fn open(
        lines: Lines,
        mark: Mark,
        options: &Options,
        known: &[KnownField],
        begin: &Begin,
    ) -> Result<State, EntryError> {
        let mut records = Records::new(lines, options.delimiter, options.quote);
        let mut first = None;
        let columns = match (&options.mapping, options.has_header) {
            (mapping, true) => {
                let header = header(&mut records)?;
                Columns::by_header(&header, mapping.as_ref(), known)?
            }
            (Some(mapping), false) => match records.next(None)? {
                // nothing is there to be mapped
                None => Columns::default(),
                Some((line, Found::Row)) => {
                    let columns = Columns::by_number(mapping, records.len())?;
                    first = Some((line, Found::Row));
                    columns
                }
                Some((line, found)) => return Err(no_row(line, found)),
            },
            (None, false) => Columns::default(),
        };
        let previous = begin.previous.as_ref().and_then(position);
        let mut state = State {
            is_unchanged: previous.is_some_and(|p| p.mark.is_settled && p.mark.is_same(&mark)),
            records,
            columns,
            mark,
            is_over: false,
            had_errors: false,
            first: None,
            first_error: None,
        };
        if let Some((line, found)) = first {
            match state.row(line, found) {
                Ok(row) => state.first = Some(row),
                Err(error) => state.first_error = Some(error),
            }
        }
        state.records.done();
        // Of another file nothing was read yet.
        if let Some(done) = begin.position.as_ref().and_then(position)
            && done.mark.is_same(&state.mark)
        {
            state.is_unchanged = false;
            if done.line > state.records.line() {
                (state.first, state.first_error) = (None, None);
                state.records.lines.skip(done.line)?;
            }
        }
        Ok(state)
    }

    fn step(&mut self) -> Result<Step, EntryError> {
        if self.is_unchanged || self.is_over {
            return Ok(Step::End(self.end()));
        }
        let mut portion = Portion::default();
        portion.rows.extend(self.first.take());
        portion.errors.extend(self.first_error.take());
        let mut bytes = 0;
        while portion.rows.len() + portion.errors.len() < PORTION_ITEMS && bytes < PORTION_BYTES {
            let Some((line, found)) = self.records.next(Some(self.columns.count))? else {
                self.is_over = true;
                break;
            };
            match self.row(line, found) {
                Ok(row) => {
                    bytes += row.values.iter().flatten().map(String::len).sum::<usize>();
                    portion.rows.push(row);
                }
                Err(error) => portion.errors.push(error),
            }
            self.records.done();
        }
        self.had_errors |= !portion.errors.is_empty();
        if portion.rows.is_empty() && portion.errors.is_empty() {
            return Ok(Step::End(self.end()));
        }
        portion.position = self.position();
        portion.share = Some(self.records.lines.share());
        Ok(Step::Portion(portion))
    }

    fn position(&self) -> serde_json::Value {
        let position = Position {
            line: self.records.line(),
            mark: self.mark.clone(),
        };
        serde_json::to_value(position).unwrap_or_default()
    }

    fn end(&self) -> End {
        End {
            is_complete: !self.had_errors,
            is_unchanged: self.is_unchanged,
            warnings: self.columns.doubts.clone(),
            memory: self.position(),
        }
    }

    fn row(&mut self, line: u64, found: Found) -> Result<Row, RowError> {
        let place = Place::line(line);
        let wrong = |code, why: String| RowError {
            place: Place::line(line),
            code,
            message: format!("Invalid row format at line {line}: {why}"),
        };
        match found {
            Found::Row => {}
            Found::Unclosed => {
                return Err(wrong(
                    "unclosed_quote",
                    "a quote is opened and never closed".into(),
                ));
            }
            Found::TooLong => {
                let most = super::super::limits::MAX_ROW_BYTES / 1024;
                return Err(wrong(
                    "row_too_long",
                    format!("the row is longer than {most} KiB"),
                ));
            }
        }
        let (has, wants) = (self.records.len(), self.columns.count);
        if has > wants {
            return Err(wrong(
                "too_many_fields",
                format!("{has} fields, {wants} are expected"),
            ));
        }
        if has < self.columns.least {
            return Err(wrong(
                "too_few_fields",
                format!(
                    "{has} fields, {wants} are expected and {} needed",
                    self.columns.least
                ),
            ));
        }
        let mut values = Vec::with_capacity(self.columns.at.len());
        for at in &self.columns.at {
            if *at >= has {
                values.push(None);
                continue;
            }
            let Some(text) = self.records.text(*at) else {
                return Err(wrong(
                    "invalid_encoding",
                    format!(
                        "column {} is not in the file's encoding; see options.encoding",
                        at + 1
                    ),
                ));
            };
            values.push((!text.trim().is_empty()).then(|| text.into_owned()));
        }
        Ok(Row { place, values })
    }
}

fn position(value: &serde_json::Value) -> Option<Position> {
    Position::deserialize(value).ok()
}

/// The names of the columns.
fn header(records: &mut Records) -> Result<Vec<String>, EntryError> {
    let line = match records.next(None)? {
        None => {
            return Err(EntryError::new(
                ErrorKind::Validation,
                "no_header",
                "the file is empty; its first line must name the columns",
            ));
        }
        Some((line, Found::Row)) => line,
        Some((line, found)) => return Err(no_row(line, found)),
    };
    let mut names = Vec::with_capacity(records.len());
    for at in 0..records.len() {
        let name = records.text(at).ok_or_else(|| {
            EntryError::new(
                ErrorKind::Parsing,
                "invalid_encoding",
                format!("the header (line {line}) is not in the file's encoding; see options.encoding"),
            )
        })?;
        names.push(name.trim_start_matches('\u{feff}').to_owned());
    }
    Ok(names)
}

fn no_row(line: u64, found: Found) -> EntryError {
    let why = match found {
        Found::Unclosed => "opens a quote that is never closed",
        _ => "is too long for a row",
    };
    EntryError::new(
        ErrorKind::Parsing,
        "invalid_header",
        format!("line {line} is to name the columns, and {why}"),
    )
}
