// What the payload sees of the files, and where it may write.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

TEST(TheWorkingFolder, IsSharedWritableAtItsOwnPath) {
  const Project project;
  const Ended ended = project.cloche.sh("pwd -P; echo text > file; mkdir -p deep/er && touch deep/er/one");
  EXPECT_EQ(ended.out, project.path() + "\n") << ended;
  EXPECT_EQ(text_of(project.at("file")), "text\n");
  EXPECT_TRUE(exists(project.at("deep/er/one")));
}

TEST(TheHome, IsEmptyButForTheWayToTheProject) {
  const Project project;
  const Ended ended = project.cloche.sh("ls -A \"$HOME\"");
  EXPECT_EQ("/" + std::string(trim(ended.out)), project.path().substr(project.path().rfind('/'))) << ended;
}

TEST(TheHome, IsWritableAndForgotten) {
  const Project project;
  const std::string name = ".cloche-test-" + std::to_string(::getpid());
  EXPECT_EQ(project.cloche.sh("echo text > ~/" + name + " && cat ~/" + name).out, "text\n");
  EXPECT_FALSE(exists(home_folder() + "/" + name));
  EXPECT_NE(project.cloche.sh("cat ~/" + name).status, 0);
}

TEST(TheHome, AsTheWorkingFolderIsNotShared) {
  for (const std::string& folder : {home_folder(), std::string("/"), std::string("/home")}) {
    const std::string name = ".cloche-test-" + std::to_string(::getpid());
    const Cloche cloche{.directory = folder};
    const Ended ended = cloche.sh("touch ~/" + name + " \"$PWD/" + name + "\"; true");
    EXPECT_EQ(ended.status, 0) << ended;
    EXPECT_NE(ended.err, "") << "nothing was said about it in " << folder;
    EXPECT_FALSE(exists(home_folder() + "/" + name));
  }
}

TEST(APrivateFolder, IsEmptyWritableAndForgotten) {
  const Project project;
  const TemporaryFolder outside;
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    const std::string file = std::string(folder) + "/cloche-test-" + std::to_string(::getpid());
    const Ended ended =
        project.cloche.sh("ls -A " + std::string(folder) + "; echo x > " + file + " && cat " + file);
    EXPECT_EQ(ended.out, "x\n") << folder << ended;
    EXPECT_FALSE(exists(file));
  }
}

TEST(TheSystem, IsThereAndReadOnly) {
  const Project project;
  const Ended ended =
      project.cloche.sh("cat /etc/debian_version /etc/os-release | wc -l; touch /usr/x /etc/x /x 2>&1");
  EXPECT_NE(ended.status, 0);
  EXPECT_EQ(
      project.cloche.sh("test -x /bin/sh -a -d /usr/lib -a -e /etc/passwd -a -d /var && echo there").out,
      "there\n");
}

TEST(TheDevices, AreTheHarmlessOnes) {
  const Project project;
  const Ended ended = project.cloche.sh(
      "echo lost > /dev/null && head -c 8 /dev/zero | wc -c && head -c 8 /dev/urandom | wc -c &&"
      "echo x | cat /dev/stdin && ls /dev/fd/0 /dev/pts /dev/ptmx > /dev/null && echo fine");
  EXPECT_EQ(ended.out, "8\n8\nx\nfine\n") << ended;
}

TEST(TheProcesses, AreThoseOfTheSandboxAlone) {
  const Project project;
  const Ended ended = project.cloche.sh("cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l");
  EXPECT_EQ(ended.out.find("systemd"), std::string::npos);
  const auto lines = split(std::string(trim(ended.out)), '\n');
  ASSERT_EQ(lines.size(), 2u) << ended;
  EXPECT_LE(std::stoi(lines[1]), 6) << ended;
}

TEST(AShare, IsReadOnlyOrWritableAndWhereItIsAskedFor) {
  const TemporaryFolder data;
  write_file(data.at("file"), "data\n");
  const Project project(
      {"--ro", data.path() + ":/tmp/read", "--rw", data.path() + ":/tmp/write", "--ro", data.path()});
  const Ended ended = project.cloche.sh("cat /tmp/read/file " + data.path() +
                                        "/file; touch /tmp/read/no 2>/dev/null; echo new > /tmp/write/yes");
  EXPECT_EQ(ended.out, "data\ndata\n") << ended;
  EXPECT_FALSE(exists(data.at("no")));
  EXPECT_EQ(text_of(data.at("yes")), "new\n");
}

TEST(AShare, ThatIsThereButHasNoPlaceInsideIsAnErrorThoughItNeedNotBeThere) {
  const TemporaryFolder data;
  const Project project({"--ro-if-present", data.path() + ":/usr/no/such/place"});
  const Ended ended = project.cloche.sh("true");
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("/usr/no/such/place"), std::string::npos) << ended;
}

TEST(AShare, OfAFileIsAFile) {
  const TemporaryFolder data;
  write_file(data.at("one"), "only this\n");
  write_file(data.at("two"), "not this\n");
  const Project project({"--ro", data.at("one")});
  EXPECT_EQ(project.cloche.sh("cat " + data.at("one") + "; ls " + data.path()).out, "only this\none\n");
}

TEST(Changes, LieOverEachOtherInTheOrderGiven) {
  const TemporaryFolder data;
  write_file(data.at("file"), "data\n");
  const Project share_last({"--tmpfs", "/tmp/x", "--ro", data.path() + ":/tmp/x"});
  EXPECT_EQ(share_last.cloche.sh("ls /tmp/x").out, "file\n");
  const Project tmpfs_last({"--ro", data.path() + ":/tmp/x", "--tmpfs", "/tmp/x"});
  EXPECT_EQ(tmpfs_last.cloche.sh("ls /tmp/x").out, "");
  const Project into_tmpfs({"--tmpfs", "/tmp/x", "--ro", data.path() + ":/tmp/x/deep/er"});
  EXPECT_EQ(into_tmpfs.cloche.sh("ls /tmp/x/deep/er").out, "file\n");
}

TEST(Changes, BesideEachOtherLieInWhatCameOverTheirFolderMeanwhile) {
  const TemporaryFolder data;
  write_file(data.at("file"), "data\n");
  const std::string file = data.at("file");
  const Project covered({"--tmpfs", "/tmp/x/y", "--ro", file + ":/tmp/x/y/one", "--tmpfs", "/tmp/x", "--ro",
                         file + ":/tmp/x/y/two"});
  const Ended ended = covered.cloche.sh("ls /tmp/x/y && cat /tmp/x/y/two");
  EXPECT_EQ(ended.out, "two\ndata\n") << ended;
  // The host's folder lies over the tmpfs in which the first was made: nothing is made in it.
  const TemporaryFolder shared;
  const Project over({"--tmpfs", "/tmp/x", "--ro", file + ":/tmp/x/one", "--rw", shared.path() + ":/tmp/x",
                      "--ro", file + ":/tmp/x/two"});
  const Ended refused = over.cloche.sh("true");
  EXPECT_EQ(refused.status, 125) << refused;
  EXPECT_FALSE(exists(shared.at("two")));
}

TEST(ATmpfs, HasTheSizeAskedFor) {
  const Project project({"--tmpfs", "/tmp/small:1M"});
  const Ended ended =
      project.cloche.sh("head -c 3000000 /dev/zero > /tmp/small/file; stat -c %s /tmp/small/file");
  EXPECT_EQ(ended.out, "1048576\n") << ended;
}

TEST(AHiddenPlace, IsThereAndEmpty) {
  const TemporaryFolder data;
  make_folder(data.at("folder"));
  write_file(data.at("folder/inside"), "secret");
  write_file(data.at("file"), "secret");
  const Project project({"--ro", data.path(), "--hide", data.at("folder"), "--hide", data.at("file")});
  const Ended ended = project.cloche.sh("cat " + data.at("file") + " " + data.at("folder/inside") + "; ls " +
                                        data.at("folder"));
  EXPECT_EQ(ended.out, "") << ended;
}

TEST(TheFirstFolder, CanBeChosen) {
  const Project project({"--workdir", "/usr/bin"});
  EXPECT_EQ(project.cloche.run({"pwd"}).out, "/usr/bin\n");
}

/// A root tree as debootstrap makes one, with the links of a merged /usr, small enough for a test.
constexpr char kMakeRootTree[] = R"script(
set -e
cd "$1"
mkdir -p usr/bin usr/lib usr/lib64 usr/sbin etc tmp proc dev var/tmp home root run sys
for name in bin lib lib64 sbin; do ln -s "usr/$name" "$name"; done
for name in sh cat ls id touch; do
  program=$(readlink -f "$(command -v "$name")")
  cp "$program" "usr/bin/$name"
  for library in $(ldd "$program" | grep -o '/[^ ]*'); do
    mkdir -p "./$(dirname "$library")"
    cp -L "$library" "./$library"
  done
done
echo another system > etc/issue
)script";

/// A root tree as debootstrap makes one, with the links of a merged /usr, small enough for a test.
void make_root_tree(const std::string& path) {
  const Ended made = run({.words = {"sh", "-c", kMakeRootTree, "sh", path}});
  ASSERT_EQ(made.status, 0) << made;
}

TEST(ARootTree, TakesThePlaceOfTheSystem) {
  const TemporaryFolder tree;
  ASSERT_NO_FATAL_FAILURE(make_root_tree(tree.path()));
  const std::string before = folder_state(tree.path());
  const Project project({"--rootfs", tree.path()});
  const Ended ended = project.cloche.sh("cat /etc/issue; ls /usr/bin; ls /etc; echo text > made");
  EXPECT_EQ(ended.out, "another system\ncat\nid\nls\nsh\ntouch\nissue\n") << ended;
  EXPECT_EQ(text_of(project.at("made")), "text\n");
  EXPECT_EQ(before, folder_state(tree.path())) << "mount points were left in the tree";
}

TEST(AThousandShares, AllWork) {
  const TemporaryFolder data;
  std::vector<std::string> options;
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    write_file(data.at(number), number);
    options.insert(options.end(), {"--ro", data.at(number) + ":/tmp/many/" + number});
  }
  const Project project(options);
  const Ended ended = project.cloche.sh(
      "ls /tmp/many | wc -l; cat /tmp/many/999; touch /tmp/many/500 2>/dev/null || echo ' no'");
  EXPECT_EQ(ended.out, "1000\n999 no\n") << ended;
}

TEST(AnOptionalPath, MayGoWhileTheViewIsBuilt) {
  const TemporaryFolder data(home_folder());
  std::atomic<bool> stopping = false;
  std::thread coming_and_going([&] {
    while (!stopping) {
      ::mkdir(data.at("fleeting").c_str(), 0755);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
      ::rmdir(data.at("fleeting").c_str());
    }
  });
  const Project project({"--ro-if-present", data.at("fleeting")});
  for (int round = 0; round < 60; ++round) {
    const Ended ended = project.cloche.run({"true"});
    EXPECT_EQ(ended.status, 0) << ended;
  }
  stopping = true;
  coming_and_going.join();
}

TEST(ARun, LeavesNoMountPointAnywhere) {
  const Project project(
      {"--ro", "/etc:" + home_folder() + "/cloche-test-made-inside", "--tmpfs", "/opt-cloche-test"});
  const std::string before = folder_state(project.path());
  EXPECT_EQ(project.cloche.run({"true"}).status, 0);
  EXPECT_EQ(before, folder_state(project.path()));
  EXPECT_FALSE(exists(home_folder() + "/cloche-test-made-inside"));
  EXPECT_FALSE(exists("/opt-cloche-test"));
}

/// The folder is the last that pid 1 was in, to cover its protected names.
TEST(APlaceInASharedFolder, IsNotMadeOnTheHost) {
  struct Change {
    std::string option, source, place;
  };
  const TemporaryFolder work(home_folder()), other(home_folder());
  for (const TemporaryFolder* shared : {&work, &other})
    for (const Change& change :
         {Change{"--ro", "/etc/hostname:", "made"}, {"--tmpfs", "", "made"}, {"--tmpfs", "", "made/deep"}}) {
      const Cloche cloche{
          .options = {"--rw", other.path(), change.option, change.source + shared->at(change.place)},
          .directory = work.path()};
      const Ended ended = cloche.run({"true"});
      EXPECT_EQ(ended.status, 125) << ended;
      EXPECT_NE(ended.err.find("making it would leave it on the host"), std::string::npos) << ended;
      EXPECT_FALSE(exists(shared->at("made")));
    }
}

TEST(APathWithAnythingInItsName, IsShared) {
  const TemporaryFolder parent(home_folder());
  const std::string odd = parent.at("a b\nc'd\"e\\f$g");
  make_folder(odd);
  write_file(odd + "/fi le", "odd\n");
  const Cloche cloche{.options = {"--ro", odd + ":/tmp/o dd"}, .directory = odd};
  const Ended ended = cloche.sh("cat 'fi le' '/tmp/o dd/fi le'; echo made > 'new\nfile'");
  EXPECT_EQ(ended.out, "odd\nodd\n") << ended;
  EXPECT_EQ(text_of(odd + "/new\nfile"), "made\n");
}

}  // namespace
}  // namespace cloche::testing
