package dev.mtb.cli;

/** How a page looks: on paper, on a phone, by day and by night. */
final class PageStyle {
  /** In the page itself, which needs nothing from anywhere. */
  static final String CSS =
      """
      :root {
        color-scheme: light dark;
        --page: #f4f5f7; --card: #ffffff; --line: #d9dde3; --text: #1b2330; --faint: #5a6676;
        --good: #16794a; --warn: #96570a; --bad: #b3261e;
        --bytes: #2f6fdb; --copied: #16877c; --compared: #7a5bc7; --point: #1b233022;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --page: #12161c; --card: #1b2129; --line: #343d49; --text: #e6eaf0; --faint: #9aa7b8;
          --good: #5bc992; --warn: #e5aa55; --bad: #ff8a80;
          --bytes: #6ea2ff; --copied: #45c1b3; --compared: #ac93f0; --point: #ffffff26;
        }
      }
      * { box-sizing: border-box; }
      body {
        margin: 0; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--text);
        font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        font-variant-numeric: tabular-nums;
      }
      main { max-width: 60rem; margin: 0 auto; }
      header { border-left: .4rem solid var(--mood); padding-left: 1rem; margin-bottom: 1.5rem; }
      .ok { --mood: var(--good); } .partial { --mood: var(--warn); }
      .failed { --mood: var(--bad); } .interrupted { --mood: var(--warn); }
      h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; color: var(--mood); }
      h2 { margin: 0 0 .75rem; font-size: 1.1rem; }
      header p, section p { margin: .25rem 0 0; overflow-wrap: anywhere; }
      .faint, th, dt, .tile span, figcaption span, .scale, .time { color: var(--faint); }
      section {
        background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
        padding: 1rem 1.25rem; margin-bottom: 1rem;
      }
      .why { border-color: var(--mood); }
      .tiles {
        display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem;
        margin-bottom: 1rem;
      }
      .tile {
        background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
        padding: .6rem .9rem;
      }
      .tile b { display: block; font-size: 1.35rem; line-height: 1.3; white-space: nowrap; }
      .tile span { font-size: .875rem; }
      .tile.bad b { color: var(--bad); }
      .name, .error { overflow-wrap: anywhere; }
      .name { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
        font-size: .875rem; white-space: pre-wrap; }
      table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
      th { text-align: left; font-weight: normal; font-size: .875rem; }
      th, td { padding: .3rem 1rem .3rem 0; vertical-align: top; overflow: hidden; }
      td { border-top: 1px solid var(--line); }
      th:last-child, td:last-child { padding-right: 0; }
      .number { text-align: right; white-space: nowrap; }
      figure { margin: 0 0 1.25rem; } figure:last-child { margin-bottom: 0; }
      figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
        margin-bottom: .4rem; }
      figcaption span { font-size: .875rem; }
      .plot { display: grid; grid-template-columns: 5rem minmax(0, 1fr); column-gap: .5rem; }
        .tile b { font-size: 1.2rem; white-space: normal; }
      .plot svg { width: 100%; height: 8rem; display: block; overflow: visible; }
      .scale { display: flex; flex-direction: column; justify-content: space-between;
        text-align: right; font-size: .75rem; line-height: 1rem; margin: -.5rem 0; }
      .time { grid-column: 2; display: flex; justify-content: space-between; font-size: .75rem;
        margin-top: .5rem; }
      .grid { fill: none; stroke: var(--line); vector-effect: non-scaling-stroke; }
      .area { fill: var(--tint); fill-opacity: .3; stroke: var(--tint); stroke-width: 1.5;
        stroke-linejoin: round; vector-effect: non-scaling-stroke; }
      rect { fill: transparent; } rect:hover { fill: var(--point); }
      .bytes { --tint: var(--bytes); } .copied { --tint: var(--copied); }
      .compared { --tint: var(--compared); }
      dl { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .35rem 1rem; margin: 0;
        font-size: .9375rem; }
      dd { margin: 0; overflow-wrap: anywhere; }
      ul { margin: 0; padding-left: 1.25rem; }
      @media (max-width: 40rem) {
        body { padding: 1rem .6rem 2rem; }
        section { padding: .8rem .9rem; }
        .tiles { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .5rem; }
        .plot { grid-template-columns: 4rem minmax(0, 1fr); }
        .time span:nth-child(even) { display: none; }
        thead { display: none; }
        tbody, dl { display: block; }
        tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .4rem 0;
          border-top: 1px solid var(--line); }
        tr:first-child { border-top: 0; }
        td { border: 0; padding: 0; color: var(--faint); }
        td.file { flex: 0 0 100%; color: var(--text); }
        td.error { flex: 1 1 12rem; }
        dd { margin-bottom: .5rem; }
      }
      @media print {
        :root { color-scheme: light; --page: #fff; --card: #fff; --line: #bbb; --text: #000;
          --faint: #444; --good: #0d5a35; --warn: #7a4300; --bad: #9b1c15; --bytes: #2f6fdb;
          --copied: #16877c; --compared: #7a5bc7; }
        body { font-size: 10pt; padding: 0; print-color-adjust: exact; }
        main { max-width: none; }
        section, .tile { border-radius: 0; }
        figure, tr, .tile, header { break-inside: avoid; }
        h2 { break-after: avoid; }
      }
      """;

  private PageStyle() {}
}
