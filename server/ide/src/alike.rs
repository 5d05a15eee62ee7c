//! Names that are spelled like another one: what somebody meant who wrote a name that is not there.

/// A name is like another one where no more than one letter in this many differs.
const LETTERS_PER_SLIP: usize = 3;

/// Those of the names that are spelled like `wanted`, whatever the case, the closest first.
pub fn nearest(names: impl IntoIterator<Item = String>, wanted: &str) -> Vec<String> {
    let folded = wanted.to_lowercase();
    let mut near: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (strsim::levenshtein(&name.to_lowercase(), &folded), name))
        .filter(|(slips, name)| *slips <= name.len().max(wanted.len()) / LETTERS_PER_SLIP)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().map(|(_, name)| name).collect()
}
