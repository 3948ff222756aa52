"""Caffe's `.prototxt`: text -> schema -> layers by Caffe's own rules -> Graph."""
