// Words of the page in the user's language: the page itself cannot ask VS Code for them.
import { l10n } from 'vscode';

export type PageWords = ReturnType<typeof pageWords>;

export function pageWords() {
  return {
    title: l10n.t('Lineage'),
    toolbar: l10n.t('Graph'),
    follow: l10n.t('Follow the Editor'),
    followHint: l10n.t('Follow the editor: show the lineage of the file that is being edited (F)'),
    out: l10n.t('Zoom Out'),
    outHint: l10n.t('Zoom out (-)'),
    in: l10n.t('Zoom In'),
    inHint: l10n.t('Zoom in (+)'),
    fit: l10n.t('Show Everything'),
    fitHint: l10n.t('Show everything (0)'),
    columns: l10n.t('Columns'),
    columnsHint: l10n.t('List the columns of the chosen object (C)'),
    export: l10n.t('Export as SVG'),
    exportHint: l10n.t('Save the graph as a picture (S)'),
    untrace: l10n.t('End Trace'),
    search: l10n.t('Search the Catalogue'),
    keys: l10n.t('Arrows move, Enter opens, Space centres, C lists columns, [ and ] unfold, 0 fits'),
    expand: l10n.t('Show more'),
    fold: l10n.t('Fold'),
    noColumns: l10n.t('No columns are known.'),
    cut: l10n.t('There is more than fits; {0} objects are shown.'),
    traced: l10n.t('Lineage of {0}'),
    summary: l10n.t('{0}: built from {1}, used by {2}'),
    moreColumns: l10n.t('… {0} more'),
    box: l10n.t('{0}, {1}; built from {2}, used by {3}'),
  };
}
