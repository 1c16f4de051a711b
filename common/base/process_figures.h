// What the kernel knows of this process (/proc/self). A figure that cannot be read is 0.
#pragma once

namespace daybook {

double CpuSeconds();
double ResidentBytes();
double VirtualBytes();
double OpenDescriptors();
double MaxDescriptors();
double Threads();
double StartTimeSeconds();  // since the Unix epoch

}  // namespace daybook
