// The runtime's messages carry the same names as Kubernetes' objects (Container, ContainerStatus, Mount): they are
// always written with this prefix.
global using V1 = Holdfast.Cri.V1;
