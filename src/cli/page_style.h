// The style sheet of a run's page (page.cc): colours by day, by night and on paper, and a layout that takes
// its columns from the width there is. Lines of a chart differ by dashes as well as by colour.
#pragma once

namespace cloche::cli {

inline constexpr const char* kPageStyle = R"(
:root { color-scheme: light dark; --back: #ffffff; --text: #1c2127; --quiet: #59636e; --rule: #d5dae0;
  --plot: #f6f8fa; --one: #0b62c4; --two: #b34700; --three: #7a3fd0; --limit: #c4161f; --good: #116b2c; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1318; --text: #e4e8ec; --quiet: #9aa4af;
  --rule: #333c46; --plot: #181e25; --one: #62adff; --two: #f2954b; --three: #c09aff; --limit: #ff7b74;
  --good: #4ac26b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1rem; }
h1 { margin: .5rem 0 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .6rem; font-size: 1.15rem; border-bottom: 1px solid var(--rule); }
pre { margin: .6rem 0; padding: .6rem; background: var(--plot); font-size: .9rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.ended { margin: .2rem 0; font-weight: 600; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--limit); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.cards div { padding: .5rem .7rem; border: 1px solid var(--rule); border-radius: .3rem; }
dt, small, footer, .time, .scale, .none { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; } dd small { display: block; line-height: 1.25; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption { margin-bottom: .3rem; }
.plot { display: flex; height: 10rem; }
.scale { display: flex; flex-direction: column; justify-content: space-between; width: 5.2rem; padding-right: .4rem;
  text-align: right; line-height: 1; flex: none; }
svg { flex: 1; min-width: 0; height: 100%; background: var(--plot); }
path { fill: none; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--rule); stroke-width: 1; }
.area { fill: var(--one); fill-opacity: .18; }
.line { stroke-width: 2; stroke-linejoin: round; }
.line1 { stroke: var(--one); } .line2 { stroke: var(--two); stroke-dasharray: 7 3; }
.line3 { stroke: var(--three); stroke-dasharray: 2 3; }
.limit { stroke: var(--limit); stroke-width: 2; stroke-dasharray: 10 5; }
.time { display: flex; justify-content: space-between; margin-left: 5.2rem; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .3rem 0 0 5.2rem; padding: 0; list-style: none;
  font-size: .85rem; }
.legend li::before { content: ""; display: inline-block; width: 1.6em; margin-right: .4em; vertical-align: middle;
  border-top: 3px solid var(--one); }
.legend .key2::before { border-top: 3px dashed var(--two); } .legend .key3::before { border-top: 3px dotted var(--three); }
.legend .keylimit::before { border-top: 3px dashed var(--limit); }
table { border-collapse: collapse; } th { text-align: left; font-weight: 600; white-space: nowrap; }
th, td { padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; }
.columns ul { columns: 11rem; margin: 0; }
ul { padding-left: 1.2rem; } li { overflow-wrap: anywhere; }
footer { margin: 2rem 0 1rem; }
@media print { :root { color-scheme: light; --back: #ffffff; --text: #000000; --quiet: #444444; --rule: #bbbbbb;
  --plot: #ffffff; --one: #0b62c4; --two: #b34700; --three: #7a3fd0; --limit: #c4161f; --good: #116b2c; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } .plot { height: 7rem; }
  svg { border: 1px solid var(--rule); print-color-adjust: exact; } h2 { break-after: avoid; } tr, li, .cards div { break-inside: avoid; }
  .charts { grid-template-columns: 1fr 1fr; } }
)";

}  // namespace cloche::cli
