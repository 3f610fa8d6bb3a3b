import Glibc
import LoadGenerator

exit(Load.run(Array(CommandLine.arguments.dropFirst())))
