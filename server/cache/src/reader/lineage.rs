//! Lineage trees: breadth first, each object unfolded once, within limits.

use std::collections::{BTreeSet, HashSet, VecDeque};

use metasync_protocol::editor::{LineageNode, ObjectAnswer};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    column::{sources, targets},
    hit::select,
    object::{columns, downstream, upstream},
};
use crate::{
    CacheError, ColumnEnd, Direction, Reader,
    limits::{LINEAGE_BREADTH_MAX, LINEAGE_DEPTH_MAX, LINEAGE_NODES_MAX},
    rows,
};

/// `object_type` of what is named but not known here; its id is nil.
const UNKNOWN: &str = "unknown";

impl Reader {
    /// What an object is built from or used by, `depth` levels far. With a column: only what that
    /// column comes from or flows into, and which columns these are. An object that appears again
    /// (a diamond, or a cycle) has no list of its own there.
    pub fn lineage(
        &self,
        id: Uuid,
        direction: Direction,
        depth: usize,
        column: Option<&str>,
    ) -> Result<Vec<LineageNode>, CacheError> {
        self.query(|c| {
            Ok(Tree::grow(c, id, direction, depth.min(LINEAGE_DEPTH_MAX), column)?.nest(0, direction))
        })
    }
}

struct Node {
    answer: Option<ObjectAnswer>,
    columns: BTreeSet<String>,
    children: Vec<usize>,
    unfolded: bool,
}

struct Tree(Vec<Node>);

/// A neighbour: its id where it is known, its name, and the columns concerned.
struct Step {
    id: Option<Uuid>,
    name: String,
    columns: BTreeSet<String>,
}

impl Tree {
    fn grow(
        connection: &Connection,
        id: Uuid,
        direction: Direction,
        depth: usize,
        column: Option<&str>,
    ) -> rusqlite::Result<Tree> {
        let root = Node {
            answer: None,
            columns: match column {
                Some(asked) => BTreeSet::from([as_written(connection, id, asked)?]),
                None => BTreeSet::new(),
            },
            children: Vec::new(),
            unfolded: true,
        };
        let mut tree = Tree(vec![root]);
        let mut known = HashSet::from([id]);
        let mut queue = VecDeque::from([(0, id, 0)]);
        while let Some((parent, id, level)) = queue.pop_front() {
            if level == depth {
                continue;
            }
            let Some(key) = rows::key_of(connection, id)? else {
                continue;
            };
            tree.0[parent].unfolded = true;
            let steps = match column {
                Some(_) => column_steps(connection, key, direction, &tree.0[parent].columns)?,
                None => object_steps(connection, key, direction)?,
            };
            for step in steps.into_iter().take(LINEAGE_BREADTH_MAX) {
                if tree.0.len() > LINEAGE_NODES_MAX {
                    return Ok(tree);
                }
                let child = tree.0.len();
                let answer = answer(connection, &step)?;
                tree.0[parent].children.push(child);
                tree.0.push(Node {
                    answer: Some(answer),
                    columns: step.columns,
                    children: Vec::new(),
                    unfolded: false,
                });
                if let Some(next) = step.id
                    && known.insert(next)
                {
                    queue.push_back((child, next, level + 1));
                }
            }
        }
        Ok(tree)
    }

    /// Depth is limited by [`LINEAGE_DEPTH_MAX`], so that recursion is too.
    fn nest(&mut self, index: usize, direction: Direction) -> Vec<LineageNode> {
        let children = std::mem::take(&mut self.0[index].children);
        let mut list = Vec::with_capacity(children.len());
        for child in children {
            let below = self.nest(child, direction);
            let node = &mut self.0[child];
            let Some(object) = node.answer.take() else {
                continue;
            };
            let below = (node.unfolded || !below.is_empty()).then_some(below);
            let (upstream, downstream) = match direction {
                Direction::Upstream => (below, None),
                Direction::Downstream => (None, below),
            };
            list.push(LineageNode {
                object,
                columns: std::mem::take(&mut node.columns).into_iter().collect(),
                upstream,
                downstream,
            });
        }
        list
    }
}

/// The column's name as its object writes it, or as asked for where it is not known.
fn as_written(connection: &Connection, id: Uuid, asked: &str) -> rusqlite::Result<String> {
    let Some(key) = rows::key_of(connection, id)? else {
        return Ok(asked.to_owned());
    };
    let columns = columns(connection, key, id)?;
    let same = columns
        .into_iter()
        .find(|column| column.name.to_lowercase() == asked.to_lowercase());
    Ok(same.map_or_else(|| asked.to_owned(), |column| column.name))
}

fn object_steps(connection: &Connection, key: i64, direction: Direction) -> rusqlite::Result<Vec<Step>> {
    let neighbours = match direction {
        Direction::Upstream => upstream(connection, key, LINEAGE_BREADTH_MAX)?,
        Direction::Downstream => downstream(connection, key, LINEAGE_BREADTH_MAX)?,
    };
    let mut seen = HashSet::new();
    Ok(neighbours
        .into_iter()
        .filter(|n| seen.insert((n.id, n.full_name.clone())))
        .map(|n| Step {
            id: n.id,
            name: n.full_name,
            columns: BTreeSet::new(),
        })
        .collect())
}

/// The neighbours of a set of columns, each with its own columns concerned.
fn column_steps(
    connection: &Connection,
    key: i64,
    direction: Direction,
    columns: &BTreeSet<String>,
) -> rusqlite::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for column in columns {
        let ends: Vec<ColumnEnd> = match direction {
            Direction::Upstream => sources(connection, key, column)?,
            Direction::Downstream => targets(connection, key, column)?,
        };
        for end in ends {
            // Through a star a column keeps its name.
            let name = if end.column == "*" {
                column.clone()
            } else {
                end.column
            };
            match steps
                .iter_mut()
                .find(|s| s.id == end.object && (s.id.is_some() || s.name == end.full_name))
            {
                Some(step) => {
                    step.columns.insert(name);
                }
                None => steps.push(Step {
                    id: end.object,
                    name: end.full_name,
                    columns: BTreeSet::from([name]),
                }),
            }
        }
    }
    Ok(steps)
}

fn answer(connection: &Connection, step: &Step) -> rusqlite::Result<ObjectAnswer> {
    if let Some(id) = step.id
        && let Some(hit) = select(connection, "WHERE i.id = ?1", [id.as_bytes()])?.pop()
    {
        return Ok(hit.into());
    }
    Ok(ObjectAnswer {
        id: step.id.unwrap_or_default(),
        name: step.name.rsplit('.').next().unwrap_or_default().to_owned(),
        full_name: step.name.clone(),
        object_type: UNKNOWN.to_owned(),
        description: None,
        connection: None,
        path: None,
        line: None,
    })
}
