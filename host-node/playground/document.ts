/**
 * The page's document: what is there before the script runs, and stays where there are no scripts.
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
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M3 1v14M13 1v14M3 4l10 3' +
      'M13 9L3 12" stroke="#1a5fb4" stroke-width="2" fill="none"/></svg>',
  );

/** Writes it. */
export function documentOf({ style, title, wide, narrow, rows }: Parts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="TCP in two real stacks, packet by packet: play it, stop it, drop a packet and see what happens.">
<title>netcell playground</title>
<link rel="icon" href="${ICON}">
<link rel="modulepreload" href="main.js">
<link rel="preload" href="core.wasm" as="fetch" type="application/wasm" crossorigin>
<style>${style}</style>
</head>
<body>
<div id="root">
<div class="app first">
<header class="bar"><h1>netcell <span>playground</span></h1><p class="summary soft">${title}</p></header>
<main class="stage">
<section class="ladder-panel panel" aria-label="Ladder">
<div class="ladder"><figure class="figure-wide">${wide}</figure><figure class="figure-narrow">${narrow}</figure></div>
</section>
<section class="panel first-table" aria-label="Events">
<table>
<caption>${title}: the events of the ladder</caption>
<thead><tr><th scope="col">Time, s</th><th scope="col">Host</th><th scope="col">What happens</th><th scope="col">Why</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
<noscript><p>This is the ladder of one run. With scripts allowed the page plays it, and more.</p></noscript>
</section>
</main>
</div>
</div>
<script type="module" src="main.js"></script>
</body>
</html>
`;
}
