#include "trace/shown.h"

#include "plan/parts.h"

namespace cloche {
namespace {

constexpr int kMostLinks = 8;  // the plan's own are two deep

}  // namespace

bool Shown::writable() const {
  if (!step) return false;
  switch (step->kind) {
    case MountStep::Kind::bind:
    case MountStep::Kind::protect:
      return step->writable;
    case MountStep::Kind::tmpfs:
    case MountStep::Kind::scratch:
    case MountStep::Kind::device:
    case MountStep::Kind::devpts:
    case MountStep::Kind::proc:
      return true;
    default:
      return false;
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Shown shown_at(const Plan& plan, const std::string& path) {
  Shown shown;
  shown.path = path;
  const MountStep* source = nullptr;  // what brought it: a seal over it changes only what may be done
  for (int links = 0; links < kMostLinks; ++links) {
    shown.step = source = nullptr;
    for (const MountStep& step : plan.view.steps) {
      if (!is_within(shown.path, step.destination)) continue;
      shown.step = &step;
      if (step.kind != MountStep::Kind::seal && step.kind != MountStep::Kind::protect) source = &step;
    }
    const MountStep* step = shown.step;
    if (!step || step->kind != MountStep::Kind::symlink) break;
    shown.path =
        clean_path(step->source + shown.path.substr(step->destination.size()), folder_of(step->destination));
  }
  if (source && source->kind == MountStep::Kind::bind) {
    // The current folder is bound as "." at its own path.
    const std::string from = source->source == "." ? source->destination : source->source;
    shown.outside = clean_path(from + shown.path.substr(source->destination.size()), "/");
  }
  return shown;
}

}  // namespace cloche
