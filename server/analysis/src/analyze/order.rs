//! The order in which files are read: what makes a table before what reads it.

use std::collections::HashMap;

use super::drafts::{Drafts, catalog_name};
use super::units::Unit;

/// The numbers of the units, each after those that it reads from as far as there is no circle, and whether there is one.
pub(crate) fn order(units: &[Unit<'_>], drafts: &Drafts) -> (Vec<usize>, bool) {
    let mut makers: HashMap<String, Vec<(String, usize)>> = HashMap::new();
    let mut provide = |name: String, unit: usize| {
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        makers.entry(last).or_default().push((name, unit));
    };
    for (nth, unit) in units.iter().enumerate() {
        match unit.job.declared.and_then(|part| drafts.all.get(part.object)) {
            Some(draft) => provide(
                catalog_name(&draft.fact.object_type, &draft.fact.full_name).to_lowercase(),
                nth,
            ),
            None => {
                for name in unit
                    .read
                    .statements
                    .iter()
                    .filter_map(|statement| statement.provides.clone())
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

fn needs(nth: usize, unit: &Unit<'_>, makers: &HashMap<String, Vec<(String, usize)>>) -> Vec<usize> {
    let mut found = Vec::new();
    for statement in &unit.read.statements {
        for name in &statement.reads {
            let name = unit
                .substitutes
                .get(name)
                .map_or_else(|| name.clone(), |known_as| known_as.to_lowercase());
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
fn after_needs(needs: &[Vec<usize>]) -> (Vec<usize>, bool) {
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    let mut done = vec![false; needs.len()];
    let mut is_circular = false;
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
                    } else if !done[*next] {
                        is_circular = true;
                    }
                }
                None => {
                    done[node] = true;
                    order.push(node);
                }
            }
        }
    }
    (order, is_circular)
}
