//! Between the protocol's words and ours, by hand, at the edge.

use std::path::{Path, PathBuf};

use metasync_ide::{Format, Markup};
use tower_lsp::ls_types::{MarkupContent, MarkupKind, Uri};

/// The path of a document's address; `None` for what is no file.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    let url = url::Url::parse(uri.as_str()).ok()?;
    if url.scheme() == "file" {
        return url.to_file_path().ok();
    }
    // an editor elsewhere (`vscode-remote://host/path`) still names our path
    matches!(url.scheme(), "vscode-remote" | "untitled").then(|| {
        let path = urlencoding_decode(url.path());
        PathBuf::from(path)
    })
}

fn urlencoding_decode(path: &str) -> String {
    // a file URL decodes percent signs as the path of any URL needs
    url::Url::parse(&format!("file://{path}"))
        .ok()
        .and_then(|url| url.to_file_path().ok())
        .map_or_else(|| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// The address of a path.
pub fn uri_of(path: &Path) -> Option<Uri> {
    url::Url::from_file_path(path).ok()?.as_str().parse().ok()
}

/// Where a document lies below a root, with `/`; its own name where it lies elsewhere.
pub fn relative(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).map(Path::to_path_buf).or_else(|_| {
        // the editor may name the folder through a link
        path.canonicalize().and_then(|p| {
            p.strip_prefix(root)
                .map(Path::to_path_buf)
                .map_err(std::io::Error::other)
        })
    });
    match below {
        Ok(below) => below
            .components()
            .map(|c| c.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/"),
        Err(_) => path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// Markup on the wire.
pub fn markup(markup: Markup) -> MarkupContent {
    let kind = match markup.format {
        Format::Markdown => MarkupKind::Markdown,
        Format::Plain => MarkupKind::PlainText,
    };
    MarkupContent {
        kind,
        value: markup.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses() {
        let uri: Uri = "file:///a%20b/%C3%A4.sql".parse().unwrap();
        assert_eq!(path_of(&uri), Some(PathBuf::from("/a b/ä.sql")));
        assert_eq!(
            uri_of(Path::new("/a b/ä.sql")).unwrap().as_str(),
            "file:///a%20b/%C3%A4.sql"
        );
        let remote: Uri = "vscode-remote://127.0.0.1:80/a%20b/c.sql".parse().unwrap();
        assert_eq!(path_of(&remote), Some(PathBuf::from("/a b/c.sql")));
        assert_eq!(path_of(&"https://x/y".parse().unwrap()), None);
        assert_eq!(
            relative(Path::new("/r/models/a.sql"), Path::new("/r")),
            "models/a.sql"
        );
        assert_eq!(relative(Path::new("/elsewhere/a.sql"), Path::new("/r")), "a.sql");
    }
}
