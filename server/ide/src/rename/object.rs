//! Another name for a model, seed, snapshot, macro or table.

use metasync_analysis::{Dialect, RelationName, is_identifier};

use super::{Files, Renaming, replace_all};
use crate::catalogue::{Catalogue, Known, Target};

/// Whether an object's name can be changed from here.
pub fn check(known: &Known) -> Result<(), String> {
    let name = &known.name;
    match (known.object_type.as_str(), &known.path) {
        ("source", _) => Err(format!(
            "`{name}` is a table of a source: its name is the warehouse's"
        )),
        (_, None) => Err(format!(
            "`{name}` is defined in another repository; rename it there"
        )),
        (_, Some(path)) if path.contains("dbt_packages/") => {
            Err(format!("`{name}` belongs to a package; rename it there"))
        }
        _ => Ok(()),
    }
}

/// Whether a thing of this kind can have a name.
fn check_name(known: &Known, name: &str) -> Result<(), String> {
    let kind = &known.object_type;
    match kind.as_str() {
        "macro" if !is_identifier(name) => Err(format!(
            "`{name}` is no name of a macro: letters, digits and `_`, no digit first"
        )),
        // what plain SQL makes can have any name, between quotes; a point would part it
        "table" | "view" if !name.contains('.') => Ok(()),
        "table" | "view" => Err(format!(
            "`{name}` is no name of a {kind}: leave out the schema, which stays as it is"
        )),
        "macro" => Ok(()),
        // it is a file's name, and stands in `ref('…')`
        _ if name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) =>
        {
            Ok(())
        }
        _ => Err(format!(
            "`{name}` is no name of a {kind}: letters, digits, `_` and `-`"
        )),
    }
}

/// All uses, and the file where the name is the file's.
pub fn rename(
    files: &dyn Files,
    known: &Known,
    name: &str,
    dialect: Option<Dialect>,
    catalogue: &dyn Catalogue,
) -> Result<Renaming, String> {
    check(known)?;
    check_name(known, name)?;
    let is_macro = known.object_type == "macro";
    let path = known.path.as_deref().unwrap_or_default();
    let taken = if is_macro {
        catalogue.macros(None, name, path)
    } else {
        let reference = RelationName::Ref {
            package: None,
            name: name.to_owned(),
        };
        catalogue.relation(&reference, path)
    };
    if let Some(other) = taken.iter().find(|other| other.id != known.id) {
        return Err(format!(
            "there is a {} `{name}` already ({})",
            other.object_type, other.full_name
        ));
    }
    let mut renaming = Renaming {
        edits: replace_all(
            files,
            &known.name,
            (&Target::Object(known.id), name),
            dialect,
            catalogue,
        )?,
        ..Renaming::default()
    };
    if let Some(path) = known
        .path
        .as_deref()
        .filter(|_| matches!(known.object_type.as_str(), "model" | "seed" | "snapshot"))
    {
        let (folder, file) = path
            .rsplit_once('/')
            .map_or(("", path), |(folder, file)| (folder, file));
        let (stem, extension) = file.split_once('.').unwrap_or((file, ""));
        if stem == known.name {
            let slash = if folder.is_empty() { "" } else { "/" };
            renaming
                .files
                .push((path.to_owned(), format!("{folder}{slash}{name}.{extension}")));
        }
    }
    Ok(renaming)
}
