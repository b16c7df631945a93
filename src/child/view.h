// The new root: built on a tmpfs from the list of mounts, then pivoted into. See mount(2), pivot_root(2).
//
//   open_sources(frozen);   // may run before the ids are mapped
//   build_view(frozen);     // needs them: a tmpfs makes no file for an unmapped id (EOVERFLOW)
//   close_view(frozen);     // while the payload gets ready, which then waits for it
#pragma once

#include "child/frozen.h"

namespace cloche::child {

/// Clones the sources of the first mounts, read-only and without setuid bits and devices as planned.
void open_sources(const Frozen& frozen);
/// The host's root hangs below the new one afterwards, reached by nothing but "..": close_view() takes it
/// away.
void build_view(const Frozen& frozen);
/// Apart from the rest because the kernel lets it wait for a grace period, in which others can work.
void close_view(const Frozen& frozen);

/// Tells the payload.
void reach(const Frozen& frozen, ViewStage stage);
/// In the payload: waits for it. Nothing of the payload's may run before the view is closed, and that it
/// knows by itself: the host's root is gone from every path before pid 1, which waits for a grace period, can
/// say so.
void await(const Frozen& frozen, ViewStage stage);
/// Shows the caller's cgroup, the root of its cgroup namespace, read-only at /sys/fs/cgroup.
void show_cgroup(const Frozen& frozen);

}  // namespace cloche::child
