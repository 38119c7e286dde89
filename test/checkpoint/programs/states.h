/* What programs of situations share: each mode brings itself to a point, waits there to be told to go on, and says what it finds. */
#include "../../guest/programs/guest.h"

/* The point at which checkpoints are taken. */
__attribute__((unused)) static void point(void) {
  say("at the point\n");
  char line[8];
  while (read(0, line, sizeof line) == -1 && errno == EINTR) continue;
}

struct mode {
  const char *name;
  void (*run)(void);
};

#define MODES(...)                                                                             \
  int main(int argc, char **argv) {                                                            \
    static const struct mode modes[] = {__VA_ARGS__};                                          \
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++) {                  \
      if (strcmp(argv[1], modes[i].name) == 0) return modes[i].run(), 0;                       \
    }                                                                                          \
    return 97;                                                                                 \
  }
