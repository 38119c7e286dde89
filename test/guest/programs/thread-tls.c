/* Thread-local storage: initialized and zeroed variables, keys with destructors, and stack attributes. */
#include "guest.h"
#include <pthread.h>

static __thread int initialized = 5, zeroed;
static __thread char text[100] = "template";
static pthread_key_t key;

static void destroy(void *value) { say("destructor %s\n", (char *)value); }

static void *run(void *name) {
  say("%s: %d %d %s\n", (char *)name, initialized, zeroed, text);
  initialized += 10;
  zeroed++;
  strcpy(text, name);
  pthread_setspecific(key, name);
  say("%s: %d %d %s %s\n", (char *)name, initialized, zeroed, text, (char *)pthread_getspecific(key));
  return (void *)(long)initialized;
}

int main(void) {
  pthread_key_create(&key, destroy);
  initialized = 1;
  const char *names[] = {"first", "second"};
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    void *result;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    pthread_create(&thread, &attributes, run, (void *)names[i]);
    pthread_join(thread, &result);
    say("result %ld\n", (long)result);
  }
  say("main: %d %d %s\n", initialized, zeroed, text);
  pid_t child = fork();
  if (child == 0) {
    say("child: %d %s\n", initialized, text);
    _exit(0);
  }
  reap("child", child);
  return 0;
}
