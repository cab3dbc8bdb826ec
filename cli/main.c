/* plumb: the command line for people, pipelines, verifiers and auditors. */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
