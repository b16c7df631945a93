#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/chart.h"
#include "cli/lab_tell.h"
#include "cli/page.h"

namespace cloche::cli {
namespace {

using lab::Line;
using lab::Lines;
using lab::Result;

constexpr const char* kLabStyle = R"(
nav ol { padding-left: 1.3rem; columns: 22rem; column-gap: 2rem; } a { color: var(--one); }
article { margin: 1.4rem 0; padding-top: .4rem; border-top: 1px solid var(--rule); }
h3 { margin: .4rem 0; font-size: 1.05rem; overflow-wrap: anywhere; } h3 small { font-weight: 400; }
.answers { width: 100%; } .answers td, .answers th { font-weight: 400; padding-right: .8rem; white-space: normal; }
.answers thead th { color: var(--quiet); font-size: .85rem; } .differs td:last-child { color: var(--limit); font-weight: 600; }
.state { font-weight: 600; } .means { margin: .6rem 0; } .rule { color: var(--quiet); font-size: .9rem; }
.figures { margin: .6rem 0; font-size: .9rem; } .figures dd { font-size: .9rem; margin: 0 0 .4rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
.trees { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; margin: .8rem 0; }
.tree svg { flex: none; height: auto; max-width: 100%; background: var(--plot); }
.tree text { font: 13px system-ui, sans-serif; fill: var(--text); } .tree text.owner { font-size: 12px; fill: var(--quiet); }
.tree text.here { font-size: 12px; font-weight: 700; fill: var(--text); }
.branch { stroke: var(--quiet); stroke-width: 1; } .others { fill: var(--quiet); } .mine { fill: var(--good); }
.boundary { fill: var(--good); fill-opacity: .08; stroke: var(--good); stroke-dasharray: 6 4; }
.key { font-size: .85rem; color: var(--quiet); }
@media (max-width: 30rem) { .answers thead { display: none; } .answers tr { display: block; padding: .3rem 0;
  border-bottom: 1px solid var(--rule); } .answers td, .answers th { display: block; border: 0; padding: 0; }
  .answers td::before { content: attr(data-head) ": "; color: var(--quiet); font-weight: 400; } }
@media print { article { break-inside: avoid-page; } nav { display: none; } }
)";

std::string paragraph(const char* kind, const std::string& text) {
  return fmt::format("<p class=\"{}\">{}</p>\n", kind, html_text(text));
}

std::string cell(const char* head, const std::string& text) {
  return fmt::format("<td data-head=\"{}\">{}</td>", head, html_text(text));
}

/// What was tried, what the rules predicted, what the kernel answered: side by side, the two lists' ends too.
std::string answers(const Result& result) {
  const bool compared = result.state != Result::State::not_here;
  const std::size_t count = std::max(result.predicted.size(), result.answered.size());
  if (count == 0) return {};
  std::string html = "<table class=\"answers\">\n<thead><tr><th scope=\"col\">tried</th>";
  if (compared) html += "<th scope=\"col\">predicted</th>";
  html += "<th scope=\"col\">the kernel</th></tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < count; ++i) {
    const Line predicted = i < result.predicted.size() ? result.predicted[i] : Line{"", "nothing"};
    const Line answered = i < result.answered.size() ? result.answered[i] : Line{predicted.what, "no answer"};
    html += compared && predicted != answered ? "<tr class=\"differs\">" : "<tr>";
    html += fmt::format("<th scope=\"row\">{}</th>", html_text(answered.what));
    if (compared)
      html += cell("predicted", predicted.what.empty() || predicted.what == answered.what
                                    ? predicted.came
                                    : predicted.what + ": " + predicted.came);
    html += cell("the kernel", answered.came) + "</tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

std::string figure_list(const Lines& figures) {
  if (figures.empty()) return {};
  std::string html = "<dl class=\"figures\">\n";
  for (const Line& line : figures) {
    std::vector<std::string> parts;
    for (const std::string& part : split(line.came, '\n')) parts.push_back(html_text(part));
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(line.what), join(parts, "\n"));
  }
  return html + "</dl>\n";
}

std::string bytes_words(double value) {
  return size_words(static_cast<std::uint64_t>(value));
}
std::string count_words(double value) {
  return fmt::format("{:.4g}", value);
}

std::string chart(const lab::Series& series) {
  const bool bytes = series.unit == "bytes";
  Chart drawn{.title = series.title,
              .remark = bytes ? "" : series.unit,
              .words = bytes ? bytes_words : count_words,
              .powers_of_two = bytes,
              .lines = {{series.title, {}}},
              .end = series.seconds};
  if (series.limit.value_or(0) > 0) drawn.limit = series.limit;
  const double steps = std::max<double>(1, static_cast<double>(series.values.size()) - 1);
  double step = 0;
  for (const double value : series.values)
    drawn.lines[0].points.push_back({step++ / steps * series.seconds, value});
  return chart_html(drawn);
}

std::string trees(const Result& result) {
  if (result.before.empty()) return {};
  const bool both = !result.after.empty();
  return "<div class=\"trees\">\n" + tree_svg(result.before, both ? "Before" : "The tree of cgroups") +
         tree_svg(result.after, "After") +
         "</div>\n<p class=\"key\">A circle is somebody else&#39;s cgroup, a square is yours. The dashed "
         "frame is the "
         "boundary of delegation: what is in it, you may change.</p>\n";
}

std::string article(const Trial& trial, std::size_t number) {
  const lab::Experiment& experiment = *trial.experiment;
  const Result& result = trial.result;
  const bool here = result.state != Result::State::not_here;
  std::string html =
      fmt::format("<article id=\"{0}\">\n<h3>{1}.{2} {3} <small>{0}</small></h3>\n<pre>{4}</pre>\n",
                  html_text(experiment.name), experiment.chapter, number, html_text(experiment.question),
                  html_text(experiment.call));
  html += fmt::format("<p class=\"state {}\">{}{}</p>\n",
                      result.state == Result::State::finding ? "bad"
                      : here                                 ? "good"
                                                             : "none",
                      result.state == Result::State::finding ? "A finding: not as the rules predict"
                      : here                                 ? "As predicted"
                                                             : "Not here",
                      result.missing.empty() ? "." : ": " + html_text(result.missing) + ".");
  if (!here && !result.answered.empty()) html += paragraph("none", "What the kernel answers instead:");
  html += answers(result) + figure_list(result.figures);
  if (result.series) html += chart(*result.series);
  html += trees(result);
  html += paragraph("means", experiment.means);
  html += paragraph("rule",
                    fmt::format("Rule: {} ({}; {})", experiment.rule, experiment.since, experiment.document));
  return html + "</article>\n";
}

std::string machine(const lab::Situation& s, const std::vector<Trial>& trials) {
  const auto row = [](const char* label, const std::string& value) {
    return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", label, html_text(value));
  };
  std::string html =
      "<table>\n" + row("kernel", s.kernel) + row("asked by", fmt::format("{} (uid {})", s.user, s.uid));
  html += row("cgroup v2",
              s.tree.empty() ? "not mounted" : s.tree + (s.hybrid ? ", its controllers with cgroup v1" : ""));
  html += row("own cgroup", s.own_cgroup.empty() ? "none" : s.own_cgroup);
  html += row("own systemd", s.manager.empty() ? "none that answers" : s.manager);
  html += row("delegated", s.delegated.empty() ? "no controller" : join(s.delegated, " "));
  return html + row("result", summary_words(trials)) + "</table>\n";
}

std::string contents(const std::vector<Trial>& trials) {
  std::string html = "<nav>\n<ol>\n";
  int chapter = 0;
  for (const Trial& trial : trials) {
    if (trial.experiment->chapter == chapter) continue;
    chapter = trial.experiment->chapter;
    html += fmt::format("<li value=\"{0}\"><a href=\"#chapter-{0}\">{1}</a></li>\n", chapter,
                        html_text(lab::chapter_title(chapter)));
  }
  return html + "</ol>\n</nav>\n";
}

}  // namespace

std::string lab_page(const lab::Situation& situation, const std::vector<Trial>& trials) {
  std::string html = page_head("cloche lab: what a container needs root for, and what not", kLabStyle);
  html += "<header>\n<h1>Why did a container need root?</h1>\n";
  html +=
      "<p>Because limits need a cgroup, and writing to the cgroup tree needs root. A cgroup namespace looked "
      "like the way "
      "out, and only limits what one sees. These are experiments, made as an ordinary user on one machine: a "
      "question, the "
      "call, what the rules predict, and what the kernel answered.</p>\n</header>\n";
  html += machine(situation, trials) + contents(trials);
  int chapter = 0;
  std::size_t number = 0;
  for (const Trial& trial : trials) {
    if (trial.experiment->chapter != chapter) {
      chapter = trial.experiment->chapter;
      number = 0;
      html += fmt::format("<h2 id=\"chapter-{0}\">{0}. {1}</h2>\n", chapter,
                          html_text(lab::chapter_title(chapter)));
    }
    html += article(trial, ++number);
  }
  return html + page_foot();
}

}  // namespace cloche::cli
