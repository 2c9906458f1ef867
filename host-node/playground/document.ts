/**
 * The web page's document: what is there before the script runs, and stays where there are no
 * scripts.
 */

/** What the build puts into it. */
export interface Parts {
  readonly style: string;
  readonly title: string;
  /** The handshake's ladder for wide and for narrow windows, and its events. */
  readonly wide: string;
  readonly narrow: string;
  readonly rows: string;
}

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
      '<path d="M3 1v14M13 1v14M3 4l10 3M13 9L3 12" stroke="#1a5fb4" stroke-width="2"/></svg>',
  );
const DESCRIPTION =
  'TCP in two real stacks, packet by packet: play it, stop it, drop a packet and see what happens.';
const COLUMNS = ['Time, s', 'Host', 'What happens', 'Why'];

/** Writes it. */
export function documentOf({ style, title, wide, narrow, rows }: Parts): string {
  const heads = COLUMNS.map((name) => `<th scope="col">${name}</th>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${DESCRIPTION}">
<title>netcell playground</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<div id="root">
<div class="app first">
<header class="bar">
<h1>netcell <span>playground</span></h1>
<p class="summary soft">${title}</p>
</header>
<main class="stage">
<section class="ladder-panel panel" aria-label="Ladder">
<div class="ladder">
<figure class="figure-wide">${wide}</figure>
<figure class="figure-narrow">${narrow}</figure>
</div>
</section>
<section class="panel first-table" aria-label="Events">
<table>
<caption>${title}: the events of the ladder</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows}
</tbody>
</table>
<noscript>
<p>This is the ladder of one run. With scripts allowed the page plays it, and more.</p>
</noscript>
</section>
</main>
</div>
</div>
<script type="module" src="main.js"></script>
</body>
</html>
`;
}
