//! Lines of a text, counted from 1.

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<usize>,
    length: usize,
}

impl Lines {
    /// Finds the lines of `text`.
    pub(crate) fn of(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at + 1),
        );
        Self {
            starts,
            length: text.len(),
        }
    }

    /// The line of the byte at `offset`, from 1; an offset beyond the text lies in the last line.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset).max(1)).unwrap_or(u32::MAX)
    }

    /// The number of the last line that holds any text.
    pub(crate) fn last(&self) -> u32 {
        self.line(self.length.saturating_sub(1))
    }

    /// Where line `line` (from 1) begins; the end of the text for lines beyond it.
    pub(crate) fn start(&self, line: u32) -> usize {
        usize::try_from(line)
            .ok()
            .and_then(|line| self.starts.get(line.saturating_sub(1)).copied())
            .unwrap_or(self.length)
    }
}
