// Performs experiments, each in a forked child of its own: it dies with cloche however cloche ends, is
// bounded in time, and whatever it makes goes with it (namespaces with their last process, a scope when it is
// empty).
#pragma once

#include <functional>

#include "lab/experiment.h"

namespace cloche::lab {

/// `on_sample` is called while it runs, whenever a chart has grown.
Result perform(const Experiment& experiment, const Situation& situation,
               const std::function<void(const Series&)>& on_sample = {});

/// as_predicted or finding, from the lines alone. In the order of the prediction; what was answered without
/// being predicted is a finding as well.
Result::State compare(const Lines& predicted, const Lines& answered);

}  // namespace cloche::lab
