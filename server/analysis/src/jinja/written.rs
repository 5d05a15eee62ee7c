//! Lines of rendered text, found again in the template as it is written.

use super::lex::tags;

/// The line of the template (from 1) that the `nth` line of what it made (from 1) most likely comes from: the one whose
/// own words all stand in it, in their order; of several the one with the most words, then the nearest one.
pub(crate) fn written_line(template: &str, made: &str, nth: u32) -> Option<u32> {
    let at = usize::try_from(nth).ok()?.checked_sub(1)?;
    let line = made.lines().nth(at)?;
    if line.trim().is_empty() {
        return None;
    }
    let mut best: Option<(usize, u32)> = None;
    for (number, pieces) in (1u32..).zip(plain_pieces(template)) {
        let mut rest = line;
        let mut length = 0;
        let fits = pieces.iter().all(|piece| match rest.find(piece.as_str()) {
            Some(place) => {
                rest = rest.get(place + piece.len()..).unwrap_or("");
                length += piece.len();
                true
            }
            None => false,
        });
        if fits && length > 0 && best.is_none_or(|(known, _)| length > known) {
            best = Some((length, number));
        }
    }
    best.map(|(_, number)| number)
}

/// Of each line of a template, the text outside its tags.
fn plain_pieces(template: &str) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = vec![Vec::new()];
    let mut plain = |text: &str| {
        for (nth, part) in text.split('\n').enumerate() {
            if nth > 0 {
                lines.push(Vec::new());
            }
            let part = part.trim();
            if let Some(last) = lines.last_mut()
                && !part.is_empty()
            {
                last.push(part.to_owned());
            }
        }
    };
    let mut at = 0;
    for tag in tags(template) {
        plain(template.get(at..tag.start).unwrap_or(""));
        let inside = template.get(tag.start..tag.end).unwrap_or("");
        plain(&"\n".repeat(inside.matches('\n').count()));
        at = tag.end;
    }
    plain(template.get(at..).unwrap_or(""));
    lines
}

#[cfg(test)]
mod tests {
    use super::written_line;

    #[test]
    fn a_line_made_by_a_loop_is_found() {
        let template =
            "select\n{% for x in xs %}\n  sum({{ x }}) as {{ x }}_total,\n{% endfor %}\n  1 as one\nfrom t\n";
        let made = "select\n\n  sum(a) as a_total,\n\n  sum(b) as b_total,\n\n  1 as one\nfrom t\n";
        assert_eq!(written_line(template, made, 5), Some(3));
        assert_eq!(written_line(template, made, 7), Some(5));
        assert_eq!(written_line(template, made, 8), Some(6));
        assert_eq!(written_line(template, made, 2), None);
    }
}
