"""Networks of ImageNet beyond torchvision's: timm's, by name, and the fast pass through one."""
