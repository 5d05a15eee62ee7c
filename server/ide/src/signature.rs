//! Signature help: the arguments of the macro that is being called.

use metasync_analysis::call_at;

use crate::{catalogue::Catalogue, file::File};

/// What dbt itself brings along, with its arguments.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("ref", &["package_or_model", "model", "version"]),
    ("source", &["source", "table"]),
    ("var", &["name", "default"]),
    ("env_var", &["name", "default"]),
    ("doc", &["package_or_name", "name"]),
];

/// The macro that is called, and which of its arguments is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `name(a, b)`.
    pub label: String,
    /// Where each argument stands in the label, in bytes.
    pub parameters: Vec<(usize, usize)>,
    /// Which one is being written; `None` beyond the last.
    pub active: Option<usize>,
}

/// The call around a byte offset, if it is one of a known macro.
pub fn signature(file: &File<'_>, offset: usize, catalogue: &dyn Catalogue) -> Option<Signature> {
    let call = call_at(file.text, offset)?;
    let known = catalogue.macros(call.package.as_deref(), &call.name, file.path);
    let names: Vec<String> = match known.first() {
        Some(known) => catalogue.arguments(known.id),
        None => {
            let built_in = BUILT_IN
                .iter()
                .find(|(name, _)| *name == call.name && call.package.is_none())?;
            built_in.1.iter().map(|name| (*name).to_owned()).collect()
        }
    };
    let mut label = format!("{}(", call.name);
    let mut parameters = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            label.push_str(", ");
        }
        parameters.push((label.len(), label.len() + name.len()));
        label.push_str(name);
    }
    label.push(')');
    let active = match &call.keyword {
        Some(keyword) => names.iter().position(|name| name == keyword),
        None => Some(call.argument).filter(|at| *at < names.len()),
    };
    Some(Signature {
        label,
        parameters,
        active,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, cursor};

    #[test]
    fn the_argument_that_is_written() {
        let catalogue = Fake::new("macro euros macros/m.sql (amount, scale)");
        let shown = |fixture: &str| {
            let (text, offset) = cursor(fixture);
            signature(&File::new("m.sql", &text), offset, &catalogue).map(|s| {
                let active = s
                    .active
                    .map(|at| s.label[s.parameters[at].0..s.parameters[at].1].to_owned());
                (s.label, active)
            })
        };
        let euros =
            |active: Option<&str>| Some(("euros(amount, scale)".to_owned(), active.map(str::to_owned)));
        assert_eq!(shown("select {{ euros($0"), euros(Some("amount")));
        assert_eq!(shown("select {{ euros(f(1, 2), $0) }}"), euros(Some("scale")));
        assert_eq!(shown("select {{ euros(scale=$0) }}"), euros(Some("scale")));
        assert_eq!(shown("select {{ euros(1, 2, $0) }}"), euros(None));
        assert_eq!(shown("select {{ nobody($0) }}"), None);
        assert_eq!(
            shown("select {{ source('raw', $0) }}").map(|s| s.1),
            Some(Some("table".to_owned()))
        );
        assert_eq!(shown("select count($0)"), None);
    }
}
