#include "lab/notebook.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace cloche::lab {
namespace {

// A note is its length, its kind, and its fields with a NUL after each.
using Length = std::uint32_t;

std::vector<std::string> fields_of(std::string_view note) {
  std::vector<std::string> fields = split(std::string(note.substr(1)), '\0');
  if (!fields.empty()) fields.pop_back();  // what follows the last NUL: nothing
  fields.resize(std::max<std::size_t>(fields.size(), 3));
  return fields;
}

Tree tree_of(std::string_view note) {
  Tree tree;
  const std::vector<std::string> all = split(std::string(note.substr(1)), '\0');
  for (std::size_t i = 0; i + 3 < all.size(); i += 4)
    tree.push_back({all[i], all[i + 1], all[i + 2] == "1", all[i + 3] == "1"});
  return tree;
}

std::vector<std::string> flat(const Tree& tree) {
  std::vector<std::string> fields;
  for (const TreeNode& node : tree)
    for (const std::string& field :
         {node.path, node.owner, std::string(node.mine ? "1" : "0"), std::string(node.here ? "1" : "0")})
      fields.push_back(field);
  return fields;
}

}  // namespace

Line tried(const std::string& what, int error) {
  return {what, error ? errno_words(error) : "works"};
}

Line holds(const std::string& what, bool is_so) {
  return {what, is_so ? "yes" : "no"};
}

void Notebook::write(char kind, const std::vector<std::string>& fields) const {
  std::string body(1, kind);
  for (const std::string& field : fields) (body += field) += '\0';
  const auto length = static_cast<Length>(body.size());
  std::string whole(sizeof length, '\0');
  std::memcpy(whole.data(), &length, sizeof length);
  whole += body;
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t count = ::write(pipe_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(1);  // nobody reads any more
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Notebook::note(const Line& line) const {
  write('L', {line.what, line.came});
}
void Notebook::called(const std::string& what, long returned) const {
  note(tried(what, returned < 0 ? errno : 0));
}
void Notebook::figure(const std::string& what, const std::string& value) const {
  write('F', {what, value});
}
void Notebook::series(const std::string& title, const std::string& unit, double limit) const {
  write('C', {title, unit, std::to_string(limit)});
}
void Notebook::sample(double seconds, double value) const {
  write('S', {std::to_string(seconds), std::to_string(value)});
}
void Notebook::before(const Tree& tree) const {
  write('B', flat(tree));
}
void Notebook::after(const Tree& tree) const {
  write('A', flat(tree));
}
void Notebook::broke(const std::string& why) const {
  write('X', {why});
}

void take_note(Result& result, std::string_view note) {
  if (note.empty()) return;
  const std::vector<std::string> fields = fields_of(note);
  switch (note.front()) {
    case 'L':
      result.answered.push_back({fields[0], fields[1]});
      break;
    case 'F':
      result.figures.push_back({fields[0], fields[1]});
      break;
    case 'C':
      result.series = Series{fields[0], fields[1], std::strtod(fields[2].c_str(), nullptr), {}, 0};
      break;
    case 'S':
      if (!result.series) break;
      result.series->seconds = std::strtod(fields[0].c_str(), nullptr);
      result.series->values.push_back(std::strtod(fields[1].c_str(), nullptr));
      break;
    case 'B':
      result.before = tree_of(note);
      break;
    case 'A':
      result.after = tree_of(note);
      break;
    case 'X':
      result.missing = fields[0];
      break;
    default:
      break;
  }
}

void take_notes(std::string& bytes, const std::function<void(std::string_view)>& each) {
  std::string_view rest = bytes;
  Length length = 0;
  while (rest.size() >= sizeof length) {
    std::memcpy(&length, rest.data(), sizeof length);
    if (rest.size() - sizeof length < length) break;
    each(rest.substr(sizeof length, length));
    rest.remove_prefix(sizeof length + length);
  }
  bytes.erase(0, bytes.size() - rest.size());
}

}  // namespace cloche::lab
