/* Prints the year and eight random bytes: what a program sees of the world by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    unsigned char bytes[8];
    time_t now = time(NULL);
    struct tm *date = gmtime(&now);
    if (!date || getentropy(bytes, sizeof bytes)) return EXIT_FAILURE;
    printf("%d ", date->tm_year + 1900);
    for (size_t i = 0; i < sizeof bytes; i++) printf("%02x", bytes[i]);
    return EXIT_SUCCESS;
}
