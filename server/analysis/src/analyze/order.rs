//! The order in which files are read: what makes a table before what reads it.

use std::collections::HashMap;

use super::drafts::{Drafts, catalog_name};
use super::units::Unit;
use crate::sql::lineage::{provides, reads};

/// The numbers of the units, each after those that it reads from as far as there is no circle.
pub(crate) fn order(units: &[Unit], drafts: &Drafts) -> Vec<usize> {
    let mut makers: HashMap<String, Vec<(String, usize)>> = HashMap::new();
    let mut provide = |name: String, unit: usize| {
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        makers.entry(last).or_default().push((name, unit));
    };
    for (nth, unit) in units.iter().enumerate() {
        match unit.object.and_then(|object| drafts.all.get(object)) {
            Some(draft) => provide(
                catalog_name(&draft.fact.object_type, &draft.fact.full_name).to_lowercase(),
                nth,
            ),
            None => {
                for name in unit
                    .statements
                    .iter()
                    .filter_map(|parsed| provides(&parsed.statement))
                {
                    provide(name, nth);
                }
            }
        }
    }
    let needs: Vec<Vec<usize>> = units
        .iter()
        .enumerate()
        .map(|(nth, unit)| needs(nth, unit, &makers))
        .collect();
    after_needs(&needs)
}

fn needs(nth: usize, unit: &Unit, makers: &HashMap<String, Vec<(String, usize)>>) -> Vec<usize> {
    let mut found = Vec::new();
    for parsed in &unit.statements {
        for name in reads(&parsed.statement) {
            let name = unit
                .substitutes
                .get(&name)
                .map_or(name, |known_as| known_as.to_lowercase());
            let last = name.rsplit('.').next().unwrap_or(&name);
            for (made, maker) in makers.get(last).into_iter().flatten() {
                let fits = made == &name
                    || made.ends_with(&format!(".{name}"))
                    || name.ends_with(&format!(".{made}"));
                if fits && *maker != nth {
                    found.push(*maker);
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Depth first, without recursion: chains of models are long.
fn after_needs(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    for root in 0..needs.len() {
        if seen[root] {
            continue;
        }
        seen[root] = true;
        let mut stack = vec![(root, 0)];
        while let Some((node, at)) = stack.pop() {
            match needs[node].get(at) {
                Some(next) => {
                    stack.push((node, at + 1));
                    if !seen[*next] {
                        seen[*next] = true;
                        stack.push((*next, 0));
                    }
                }
                None => order.push(node),
            }
        }
    }
    order
}
