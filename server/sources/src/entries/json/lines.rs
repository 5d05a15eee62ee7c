//! Reading a file of JSON lines portion by portion.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    super::{
        Begin, End, EntryError, EntryReader, EntrySpec, Outside, Pending, Place, Portion, Row, RowError,
        Step, blocking,
        files::{self, Line, Lines, Mark},
        limits::{MAX_ROW_BYTES, PORTION_BYTES, PORTION_ITEMS},
    },
    Fields,
};

/// Where a next attempt goes on, and what a complete read leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    line: u64,
    mark: Mark,
}

pub(super) struct JsonReader {
    names: Vec<String>,
    /// Away while a portion is read.
    state: Option<State>,
}

struct State {
    lines: Lines,
    line: Line,
    fields: Fields,
    mark: Mark,
    is_unchanged: bool,
    is_over: bool,
    had_errors: bool,
}

impl JsonReader {
    pub(super) async fn open(
        spec: &EntrySpec,
        outside: &Outside,
        begin: Begin,
    ) -> Result<JsonReader, EntryError> {
        let fields = Fields::read(&spec.options, spec.fields)?;
        let encoding = spec
            .options
            .get("encoding")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let path = files::located(&spec.identifier, &outside.roots)?;
        let roots = outside.roots.clone();
        let names = fields.names.clone();
        let state = blocking(move || {
            let (file, metadata) = files::open(&path, &roots)?;
            let mark = files::mark(&metadata);
            let mut lines = Lines::new(file, metadata.len(), encoding.as_deref())?;
            let of_this_file = |value: Option<&Value>| {
                let position = Position::deserialize(value?).ok()?;
                position.mark.is_same(&mark).then_some(position)
            };
            let done = of_this_file(begin.position.as_ref());
            let before = of_this_file(begin.previous.as_ref());
            if let Some(done) = &done {
                lines.skip(done.line)?;
            }
            Ok(State {
                is_unchanged: done.is_none() && before.is_some_and(|p| p.mark.is_settled),
                line: Line {
                    number: done.map_or(0, |p| p.line),
                    ..Line::default()
                },
                lines,
                fields,
                mark,
                is_over: false,
                had_errors: false,
            })
        })
        .await?;
        Ok(JsonReader {
            names,
            state: Some(state),
        })
    }
}

impl EntryReader for JsonReader {
    fn fields(&self) -> &[String] {
        &self.names
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
    fn step(&mut self) -> Result<Step, EntryError> {
        let mut portion = Portion::default();
        let mut bytes = 0;
        self.is_over |= self.is_unchanged;
        while !self.is_over
            && portion.rows.len() + portion.errors.len() < PORTION_ITEMS
            && bytes < PORTION_BYTES
        {
            if !self.lines.next(&mut self.line)? {
                self.is_over = true;
                break;
            }
            match self.row() {
                None => {}
                Some(Ok(row)) => {
                    bytes += row.values.iter().flatten().map(String::len).sum::<usize>();
                    portion.rows.push(row);
                }
                Some(Err(error)) => portion.errors.push(error),
            }
        }
        self.had_errors |= !portion.errors.is_empty();
        let position = serde_json::to_value(Position {
            line: self.line.number,
            mark: self.mark.clone(),
        })
        .unwrap_or_default();
        if portion.rows.is_empty() && portion.errors.is_empty() {
            return Ok(Step::End(End {
                is_complete: !self.had_errors,
                is_unchanged: self.is_unchanged,
                warnings: Vec::new(),
                memory: position,
            }));
        }
        portion.position = position;
        portion.share = Some(self.lines.share());
        Ok(Step::Portion(portion))
    }

    /// `None` for a blank line.
    fn row(&mut self) -> Option<Result<Row, RowError>> {
        let number = self.line.number;
        let wrong = |code, why: String| {
            Some(Err(RowError {
                place: Place::line(number),
                code,
                message: format!("Invalid row format at line {number}: {why}"),
            }))
        };
        if self.line.is_cut {
            return wrong(
                "row_too_long",
                format!("the line is longer than {} KiB", MAX_ROW_BYTES / 1024),
            );
        }
        let Some(text) = self.lines.text(&self.line.bytes) else {
            return wrong("invalid_encoding", "it is not in the file's encoding".into());
        };
        if text.trim().is_empty() {
            return None;
        }
        match serde_json::from_str::<Value>(&text) {
            Err(error) => wrong(
                "invalid_json",
                format!("it is no JSON (column {})", error.column()),
            ),
            Ok(item) => match self.fields.of(&item) {
                None => wrong("no_object", "it is no JSON object".into()),
                Some(values) => Some(Ok(Row {
                    place: Place::line(number),
                    values,
                })),
            },
        }
    }
}
