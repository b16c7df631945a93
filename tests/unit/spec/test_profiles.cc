#include "spec/profiles.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "spec/overlay.h"
#include "spec/shipped.h"
#include "support/folder.h"

namespace cloche {
namespace {

using testing::make_folder;
using testing::TemporaryFolder;
using testing::write_file;

struct Folders {
  Folders() {
    make_folder(folder.at("user"));
    make_folder(folder.at("system"));
    context = {profile_variables({}, "/home/ann", "ann", "/home/ann/x", ""),
               folder.at("user"),
               folder.at("system"),
               ::getuid(),
               {}};
  }

  void write(const std::string& name, const std::string& text) const {
    write_file(folder.at(name + ".toml"), text);
  }

  LoadedProfiles load(const std::vector<std::string>& wanted) const { return load_profiles(wanted, context); }

  /// The error's words and remedy.
  std::string error(const std::vector<std::string>& wanted) const {
    try {
      load(wanted);
      return "it was taken";
    } catch (const Error& error) {
      return std::string(error.what()) + "; " + error.remedy();
    }
  }

  TemporaryFolder folder;
  ProfileContext context;
};

std::string order_of(const LoadedProfiles& loaded) {
  std::string order;
  for (const LoadedProfile& profile : loaded.profiles)
    order += profile.source.file.substr(profile.source.file.rfind('/') + 1) + " ";
  return order;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AProfilesName, FindsTheUsersThenTheSystemsThenTheShipped) {
  const Folders folders;
  EXPECT_EQ(folders.load({"build"}).profiles[0].source.from, ProfileSource::From::shipped);
  folders.write("system/build", "description = 'system'");
  EXPECT_EQ(folders.load({"build"}).profiles[0].description, "system");
  folders.write("user/build", "description = 'mine'");
  EXPECT_EQ(folders.load({"build"}).profiles[0].description, "mine");
  EXPECT_EQ(folders.load({"shipped:build"}).profiles[0].source.from, ProfileSource::From::shipped);
}

TEST(AProfilesName, IsNeverAFileOfTheCurrentFolder) {
  const Folders folders;
  folders.write("here", "");
  ASSERT_EQ(::chdir(folders.folder.path().c_str()), 0);
  EXPECT_THROW(folders.load({"here"}), UsageError);
  EXPECT_EQ(order_of(folders.load({"here.toml", "./here.toml"})), "here.toml ");
  ASSERT_EQ(::chdir("/"), 0);
}

TEST(AnUnknownName, IsToldTheNearest) {
  const Folders folders;
  EXPECT_EQ(folders.error({"biuld"}), "there is no profile 'biuld'; did you mean build?");
  EXPECT_TRUE(has(folders.error({"../x y"}), "../x y"));
  EXPECT_TRUE(has(folders.error({""}), "is not a name"));
  EXPECT_TRUE(has(folders.error({"shipped:x"}), "no profile 'x' is shipped"));
}

TEST(Extended, ProfilesComeFirstDepthFirstAndOnce) {
  const Folders folders;
  folders.write("user/a", "extends = ['b', 'c']\n[limits]\ntasks = 1");
  folders.write("user/b", "extends = ['d']\n[limits]\ntasks = 2\ncpus = 2");
  folders.write("user/c", "extends = ['d']\n[limits]\ncpus = 3");
  folders.write("user/d", "[view]\nro = ['/d']\n[limits]\nswap = 4");
  const LoadedProfiles loaded = folders.load({"a", "b"});
  EXPECT_EQ(order_of(loaded), "d.toml b.toml c.toml a.toml ");
  const Spec spec = loaded.spec();
  EXPECT_EQ(spec.limits.tasks, 1u);
  EXPECT_EQ(spec.limits.cpus, 3000u);
  EXPECT_EQ(spec.limits.swap, 4u);
  EXPECT_EQ(spec.view.size(), 1u);
}

TEST(Extended, FilesLieBesideTheProfile) {
  const Folders folders;
  folders.write("user/a", "extends = ['parts/b.toml']");
  make_folder(folders.folder.at("user/parts"));
  folders.write("user/parts/b", "extends = ['../c.toml']");
  folders.write("user/c", "");
  EXPECT_EQ(order_of(folders.load({"a"})), "c.toml b.toml a.toml ");
}

TEST(Extended, CirclesAreRefusedWithTheirLinks) {
  const Folders folders;
  folders.write("user/a", "extends = ['b']");
  folders.write("user/b", "extends = ['./a.toml']");
  const std::string said = folders.error({"a"});
  EXPECT_TRUE(has(said, "in a circle")) << said;
  EXPECT_TRUE(has(said, "a.toml extends ") && has(said, "b.toml extends ")) << said;
  folders.write("user/build", "extends = ['build']");
  EXPECT_TRUE(has(folders.error({"build"}), "shipped:build"));
  folders.write("user/build", "extends = ['shipped:build']");
  EXPECT_EQ(folders.load({"build"}).profiles.size(), 2u);
}

TEST(Extended, ChainsEnd) {
  const Folders folders;
  for (int i = 0; i < 40; ++i)
    folders.write("user/p" + std::to_string(i), "extends = ['p" + std::to_string(i + 1) + "']");
  folders.write("user/p40", "");
  EXPECT_TRUE(has(folders.error({"p0"}), "more than 16 deep"));
  EXPECT_EQ(folders.load({"p30"}).profiles.size(), 11u);
}

TEST(Extended, NamesThatAreNoneAreAnErrorWithTheirPlace) {
  const Folders folders;
  folders.write("user/a", "\nextends = ['biuld']");
  EXPECT_TRUE(
      has(folders.error({"a"}), "a.toml:2:12: extends: there is no profile 'biuld'; did you mean build?"));
}

TEST(AProfileFile, ThatOthersCanWriteIsRefusedWithTheRemedy) {
  const Folders folders;
  folders.write("user/a", "");
  ASSERT_EQ(::chmod(folders.folder.at("user/a.toml").c_str(), 0664), 0);
  EXPECT_TRUE(has(folders.error({"a"}), "can be written by others; read it, then: chmod go-w "));
  ASSERT_EQ(::chmod(folders.folder.at("user/a.toml").c_str(), 0644), 0);
  ASSERT_EQ(::chmod(folders.folder.at("user").c_str(), 0777), 0);
  EXPECT_TRUE(has(folders.error({"a"}), "profile folder"));
}

TEST(AProfileFile, OfAnotherUserIsRefused) {
  Folders folders;
  folders.write("user/a", "");
  folders.context.uid = ::getuid() + 1;
  const std::string said = folders.error({folders.folder.at("user/a.toml")});
  if (::getuid() == 0)
    EXPECT_EQ(said, "it was taken") << "root's files are everybody's";
  else
    EXPECT_TRUE(has(said, "belongs to another user")) << said;
}

TEST(AProfileFile, IsARegularFileOfABoundedSize) {
  const Folders folders;
  ASSERT_EQ(::mkfifo(folders.folder.at("fifo.toml").c_str(), 0600), 0);
  EXPECT_TRUE(has(folders.error({folders.folder.at("fifo.toml")}), "no regular file"));
  EXPECT_TRUE(has(folders.error({folders.folder.path()}), "a folder"));
  EXPECT_TRUE(has(folders.error({folders.folder.at("none.toml")}), "No such file"));
  EXPECT_TRUE(has(folders.error({"/dev/zero"}), "no regular file"));
  folders.write("large", std::string(300 << 10, '#'));
  EXPECT_TRUE(has(folders.error({folders.folder.at("large.toml")}), "is the most"));
}

TEST(AWrongProfileFile, SaysHowManyMoreThingsAreWrong) {
  const Folders folders;
  folders.write("user/a", "x = 1\n[view]\ny = 1\n");
  EXPECT_TRUE(has(folders.error({"a"}), "a.toml:1:1: ")) << folders.error({"a"});
  EXPECT_TRUE(has(folders.error({"a"}), "(and 1 more: cloche profile check)"));
  EXPECT_EQ(check_profile("a", folders.context).size(), 2u);
  folders.write("user/b", "extends = ['a']");
  EXPECT_EQ(check_profile("b", folders.context).size(), 1u);
}

TEST(TheList, HasEachNameOnceAndSaysWhatIsWrong) {
  const Folders folders;
  folders.write("user/build", "description = 'mine'");
  folders.write("user/broken", "what");
  folders.write("user/no name", "");
  size_t shipped = 0;
  std::string mine, broken;
  for (const ListedProfile& one : list_profiles(folders.context)) {
    shipped += one.source.from == ProfileSource::From::shipped ? 1 : 0;
    if (one.source.name == "build") mine = one.description;
    if (one.source.name == "broken") broken = one.wrong;
    EXPECT_NE(one.source.name, "no name");
  }
  EXPECT_EQ(shipped, shipped_profiles().size() - 1);
  EXPECT_EQ(mine, "mine");
  EXPECT_TRUE(has(broken, "broken.toml:1"));
}

TEST(ShippedProfiles, AreRightAndDescribed) {
  const Folders folders;
  EXPECT_GE(shipped_profiles().size(), 10u);
  for (const ShippedProfile& profile : shipped_profiles()) {
    const std::string wanted = std::string("shipped:") + profile.name;
    for (const Problem& problem : check_profile(wanted, folders.context))
      ADD_FAILURE() << problem_words(problem);
    EXPECT_NE(folders.load({wanted}).profiles.back().description, "") << profile.name;
  }
}

TEST(AnOverlay, ReplacesWhatIsSaidOnceAndGoesOnWithLists) {
  Spec base, over;
  base.view = {{ViewChange::Kind::ro, "/a", "", {}}};
  base.limits.rlimits = {{"nofile", 1, 1}, {"core", 0, 0}};
  base.limits.io_max = {{"/dev/sda", {{"rbps", 1}, {"wbps", 2}}}};
  base.limits.memory = 1;
  base.net = NetMode::none;
  base.policy.allow = {"ptrace"};
  over.view = {{ViewChange::Kind::hide, "", "/a/b", {}}};
  over.limits.rlimits = {{"nofile", 2, 2}};
  over.limits.io_max = {{"/dev/sda", {{"rbps", 9}}}};
  over.net = NetMode::host;
  over.command = {"make"};
  over.policy.allow = {"keyring"};
  const Spec both = overlay(base, over);
  EXPECT_EQ(both.view.size(), 2u);
  EXPECT_EQ(both.limits.rlimits, (std::vector<ResourceLimit>{{"core", 0, 0}, {"nofile", 2, 2}}));
  EXPECT_EQ(both.limits.io_max[0].limits, (std::map<std::string, std::uint64_t>{{"rbps", 9}, {"wbps", 2}}));
  EXPECT_EQ(both.limits.memory, 1u);
  EXPECT_EQ(both.net, NetMode::host);
  EXPECT_EQ(both.command, std::vector<std::string>{"make"});
  EXPECT_EQ(both.policy.allow, (std::vector<std::string>{"ptrace", "keyring"}));
}

}  // namespace
}  // namespace cloche
