//! The hover of a CTE: it stands in no catalogue, so it shows what this file makes of it.

use super::MAX_COLUMNS;
use crate::markup::{Format, Markup, Writer};

/// Renders a CTE of the file.
pub fn cte(name: &str, columns: &[String], format: Format) -> Markup {
    let mut w = Writer::new(format);
    w.headline(name).words(" · CTE of this file");
    if !columns.is_empty() {
        w.paragraph()
            .label(&format!("Columns ({})", columns.len()))
            .paragraph();
        for column in columns.iter().take(MAX_COLUMNS) {
            w.item().code(column);
        }
        if columns.len() > MAX_COLUMNS {
            w.item()
                .words(&format!("… and {} more", columns.len() - MAX_COLUMNS));
        }
    }
    w.finish()
}
