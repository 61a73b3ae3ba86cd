/** Two colour schemes, light and dark; the contrast of text with its background is at least 4.5 in both. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfa; --text: #1d2125; --soft: #5c646d; --line: #e2e4e6; --card: #fff;
  --pending: #f0dfae; --warmed: #d9d3ee; --in-service: #cfe6d4; --terminating: #f3cdb9; --retained: #e5a0b8;
  --job: #2f7ec2; --waiting: #8a9099; --lost: #c2262e; --drain: #b0632a; --beat: #7a3f12; --good: #1b7040; --bad: #b3202a; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e8eaec; --soft: #9ba4ad; --line: #2b3036;
  --card: #1c2024; --pending: #5b4e22; --warmed: #463d6b; --in-service: #24502f; --terminating: #6d3a22;
  --retained: #7a2f4c; --job: #4a97da; --waiting: #8b939b; --lost: #ef5d63; --drain: #d98a4e; --beat: #f0b98d; --good: #67c98d; --bad: #ff7a80; } }
body { margin: 0 auto; max-width: 1240px; padding: 28px 24px 60px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
.kicker { color: var(--soft); margin: 0; } h1 { font-size: 24px; line-height: 1.25; margin: 4px 0 22px; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); } h2 { font-size: 16px; margin: 30px 0 8px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.card p { margin: 0; color: var(--soft); font-size: 13px; } .card b { font-size: 22px; font-weight: 600; }
.scroll { overflow-x: auto; } svg { min-width: 900px; width: 100%; height: auto; display: block; }
svg text { fill: var(--text); font: 11px system-ui, sans-serif; } svg text.tick { fill: var(--soft); text-anchor: middle; }
svg text.lane { font-family: ui-monospace, monospace; font-size: 12px; } svg text.in-bar { font-size: 10px; pointer-events: none; }
svg rect.job + text.in-bar, svg rect.lost + text.in-bar { fill: #fff; }
.grid { stroke: var(--line); } .mark { stroke: var(--soft); stroke-dasharray: 2 3; }
rect.pending { fill: var(--pending); } rect.warmed { fill: var(--warmed); } rect.in-service { fill: var(--in-service); }
rect.terminating { fill: var(--terminating); } rect.retained { fill: var(--retained); } rect.job { fill: var(--job); }
rect.lost { fill: var(--lost); } rect.waiting { fill: var(--waiting); }
svg text.longest { text-anchor: end; } rect.drain { fill: var(--drain); } circle.beat { fill: var(--beat); }
.legend { color: var(--soft); font-size: 13px; } .key { display: inline-block; width: 12px; height: 12px; border-radius: 2px;
  margin: 0 4px 0 12px; vertical-align: -1px; } .key.pending { background: var(--pending); } .key.warmed { background: var(--warmed); }
.key.in-service { background: var(--in-service); } .key.terminating { background: var(--terminating); }
.key.retained { background: var(--retained); } .key.job { background: var(--job); } .key.waiting { background: var(--waiting); } .key.lost { background: var(--lost); }
.key.drain { background: var(--drain); } .key.beat { background: var(--beat); border-radius: 50%; width: 8px; height: 8px; }
table { border-collapse: collapse; font-size: 13px; } th { text-align: left; color: var(--soft); font-weight: 500; }
td, th { padding: 3px 16px 3px 0; border-bottom: 1px solid var(--line); } td:last-child { text-align: right; }
`;
