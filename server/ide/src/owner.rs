//! Which object a place in a file belongs to: what the file makes, or in YAML describes, around it.

use metasync_analysis::{Language, RelationName, Role, SymbolKind};

use crate::{
    catalogue::{Catalogue, Known, Resolver},
    file::{File, names},
};

/// The object around a byte offset: of SQL what the file makes; of YAML the last one that is described
/// before the offset, or at the top of the file the first one.
pub fn owner(file: &File<'_>, offset: usize, catalogue: &dyn Catalogue) -> Option<Known> {
    let resolver = Resolver::new(catalogue, file.path);
    match Language::of_path(file.path) {
        Language::Sql => resolver.relation(&RelationName::ThisFile),
        Language::Yaml => {
            let described: Vec<_> = names(file)
                .iter()
                .filter(|one| one.role == Role::Definition)
                .filter_map(|one| match &one.symbol.kind {
                    SymbolKind::Relation(name) => Some((one.symbol.span.start, name.clone())),
                    _ => None,
                })
                .collect();
            let before = described.iter().filter(|(start, _)| *start <= offset);
            let (_, name) = before.max_by_key(|(start, _)| *start).or(described.first())?;
            resolver.relation(name)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn a_file_of_sql_makes_one_and_yaml_describes_many() {
        let catalogue = Fake::new(
            "model orders models/orders.sql: id
             model weekly models/weekly.sql: id",
        );
        let of = |path: &str, text: &str| {
            let at = text.find("$0").unwrap();
            let text = text.replace("$0", "");
            owner(&File::new(path, &text), at, &catalogue).map(|known| known.name)
        };
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(of("models/orders.sql", "select 1 $0as id"), some("orders"));
        assert_eq!(of("models/nobody.sql", "select 1 $0as id"), None);
        let yaml = "models:\n  - name: orders\n    columns: [{name: id}]\n  - name: weekly\n    columns:\n      - name: id\n";
        let at = |before: &str| {
            let place = yaml.find(before).unwrap() + before.len();
            of("models/s.yml", &format!("{}$0{}", &yaml[..place], &yaml[place..]))
        };
        assert_eq!(at("mod"), some("orders"));
        assert_eq!(at("columns: ["), some("orders"));
        assert_eq!(at("      - name"), some("weekly"));
        assert_eq!(of("models/s.yml", "version: $02\n"), None);
        assert_eq!(of("readme.md", "$0"), None);
    }
}
